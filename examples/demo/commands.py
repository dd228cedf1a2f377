"""Commands, and the virtual environments that they run in."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path


class CommandFailed(Exception):
    """A command ended with an error; it has said itself what is wrong."""


def run(*command: object, quiet: bool = False) -> str:
    """Run a command in the project's root, shown as it can be typed.

    Args:
        command: the program and its arguments.
        quiet: show neither the command nor its output.

    Returns:
        What it wrote to stdout, if `quiet`; else it went to the terminal.

    Raises:
        CommandFailed: it ended with an error.
    """
    words = [str(word) for word in command]
    if not quiet:
        print(f"$ {shlex.join(words)}", flush=True)
    done = subprocess.run(words, capture_output=quiet, text=True, check=False)
    if done.returncode:
        raise CommandFailed(f"{shlex.join(words)}\n{done.stderr or ''}")
    return done.stdout or ""


class Environment:
    """A virtual environment.

    Args:
        path: its directory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = path.name

    def command(self, name: str) -> Path:
        """Return the path of an installed command."""
        return self._path / "bin" / name

    def install_wheel(self, folder: Path) -> None:
        """Make the environment anew, with the project's wheel and its extra `cpu` alone.

        Args:
            folder: where the wheel is built.

        Raises:
            CommandFailed: the wheel cannot be built or installed.
        """
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
        shutil.rmtree(folder, ignore_errors=True)
        run(*pip, "wheel", ".", "--no-deps", "--wheel-dir", folder, quiet=True)
        (wheel,) = folder.glob("*.whl")
        print(f"Built {wheel}")
        # Without pip in it, what is installed is what the wheel asks for and nothing else.
        run(sys.executable, "-m", "venv", "--clear", "--without-pip", self._path, quiet=True)
        python = self.command("python")
        run(*pip, "--python", python, "install", f"{wheel}[cpu]", quiet=True)

    def packages(self) -> list[str]:
        """Return what is installed, with versions."""
        found = metadata.distributions(path=[str(self._site_packages())])
        return sorted(f"{package.name} {package.version}" for package in found)

    def size(self) -> int:
        """Return the bytes that the installed packages take."""
        return sum(
            (Path(folder) / name).lstat().st_size
            for folder, _, names in os.walk(self._site_packages())
            for name in names
        )

    def _site_packages(self) -> Path:
        (folder,) = self._path.glob("lib/python3*/site-packages")
        return folder
