"""The Python environments that are measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from child import checked_run, clean_environment

_INSTALLERS = ("pip", "setuptools", "wheel", "pkg_resources", "_distutils_hack", "distutils")

_VERSIONS = """
import importlib.metadata, json, platform, sys
versions = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        versions[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(versions))
"""


def serving_environment(checkout: Path, work: Path) -> Path:
    """Build the wheel, install it with the extra `cpu` and nothing else.

    What is installed already is kept, except for our own wheel.

    Returns:
        The interpreter of the environment.

    Raises:
        ChildFailed: a step failed.
    """
    wheels, environment = work / "wheels", work / "serving"
    for old in wheels.glob("*.whl"):
        old.unlink()
    log = work / "environment.log"
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(wheels)]
    checked_run([*pip, str(checkout)], log, work)
    wheel = next(wheels.glob("*.whl"))
    python = environment / "bin" / "python"
    if not python.exists():
        checked_run([sys.executable, "-m", "venv", str(environment)], log, work)
    install = [str(python), "-m", "pip", "install"]
    checked_run([*install, f"{wheel}[cpu]"], log, work)
    checked_run([*install, "--no-deps", "--force-reinstall", str(wheel)], log, work)
    return python


def package_versions(python: Path, packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of an environment's Python and of those packages that it has."""
    versions: dict[str, str] = json.loads(_output_of(python, _VERSIONS, *packages))
    return versions


def site_packages_mb(python: Path) -> float:
    """Return the size of an environment's `site-packages` without pip and setuptools, in MB."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    folder = Path(_output_of(python, code).strip())
    counted = (entry for entry in folder.iterdir() if not _is_installer(entry.name))
    return sum(_size(entry) for entry in counted) / 1e6


def _is_installer(name: str) -> bool:
    return name.split("-")[0] in _INSTALLERS


def _size(entry: Path) -> int:
    if entry.is_dir():
        return sum(file.lstat().st_size for file in entry.rglob("*") if file.is_file())
    return entry.lstat().st_size


def _output_of(python: Path, code: str, *arguments: str) -> str:
    return subprocess.run(
        [str(python), "-c", code, *arguments],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
