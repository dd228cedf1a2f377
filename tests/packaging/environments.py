"""Environments of their own, with the wheel of this checkout and one of its extras."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Serving:
    """An environment that holds the wheel with an extra, and an empty folder to work in."""

    path: Path
    folder: Path

    @classmethod
    def create(cls, path: Path, requirement: str) -> Serving:
        """Install the wheel, such as "onnlu-1.whl[cpu]"."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", path / "env"], check=True)
        (path / "elsewhere").mkdir()
        serving = cls(path / "env", path / "elsewhere")
        serving.install(requirement)
        return serving

    def install(self, *arguments: str) -> None:
        pip("--python", self.path / "bin" / "python", "install", *arguments)

    @property
    def site_packages(self) -> Path:
        (found,) = self.path.glob("lib/python3*/site-packages")
        return found

    def run(self, command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        words = [str(self.path / "bin" / command), *map(str, arguments)]
        # Neither PYTHONPATH nor anything else that the tests run with reaches the wheel.
        variables = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        return subprocess.run(
            words, cwd=self.folder, env=variables, capture_output=True, text=True, check=False
        )

    def output(self, command: str, *arguments: object) -> str:
        done = self.run(command, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout


def pip(*arguments: object) -> None:
    command = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
