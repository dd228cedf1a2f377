"""The command lines of the three programs, and what running them leaves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PACKAGES = {"onnlu": "onnlu.cli", "trainer": "onnlu_train.cli", "exporter": "onnlu_export.cli"}


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]
Start = Callable[..., "subprocess.Popen[bytes]"]


def line_of(program: str, *arguments: str | Path) -> list[str]:
    """Return the line that runs a program of this checkout in a process of its own."""
    start = f"from {PACKAGES[program]} import main; main()"
    return [sys.executable, "-c", start, *map(str, arguments)]


def fit_of(project: Path, out: str | Path, *more: str | Path) -> list[str | Path]:
    """Return the arguments of `trainer` that fit a project with a config.yml and an nlu.yml."""
    files = ("--config", project / "config.yml", "--data", project / "nlu.yml", "--out", out)
    return ["fit", *files, *more]
