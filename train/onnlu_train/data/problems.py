"""Problems of files, gathered so that all of them are told at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from onnlu_engine.errors import OnnluException

Report = Callable[[int | None, str], None]
"""Takes the line, None for the whole file, and what is wrong with what mends it."""


class Problem(NamedTuple):
    """What is wrong in a file, and after a semicolon what to do.

    Attributes:
        path: the file as the user named it.
        line: counted from 1; None where the whole file is meant.
        what: what is wrong; remedy.
    """

    path: Path
    line: int | None
    what: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.what}"


class Problems:
    """Collects `path:line: what is wrong; remedy`, file by file, and by line in each."""

    def __init__(self) -> None:
        self._of_path: dict[Path, list[Problem]] = {}

    def __bool__(self) -> bool:
        return bool(self._of_path)

    def add(self, path: Path, line: int | None, what: str) -> None:
        """Note one problem.

        Args:
            path: the file as the user named it.
            line: counted from 1; None where the whole file is meant.
            what: what is wrong, and after a semicolon what to do.
        """
        self._of_path.setdefault(path, []).append(Problem(path, line, what))

    def of(self, path: Path) -> Report:
        """Return `add` for one file."""
        return partial(self.add, path)

    def found(self) -> list[Problem]:
        """Return all of them, file by file, and by line in each."""
        return [
            problem
            for of_file in self._of_path.values()
            for problem in sorted(of_file, key=lambda problem: problem.line or 0)
        ]

    def raise_any(self, exception: type[OnnluException]) -> None:
        """Raise `exception` with a line for each problem, if there are any."""
        if self:
            raise exception("\n".join(map(str, self.found())))
