"""Problems of files, gathered so that all of them are told at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from onnlu_engine.errors import OnnluException

Report = Callable[[int | None, str], None]
"""Takes the line, None for the whole file, and what is wrong with what mends it."""


class Problems:
    """Collects `path:line: what is wrong; remedy`, file by file, and by line in each."""

    def __init__(self) -> None:
        self._of_path: dict[Path, list[tuple[int | None, str]]] = {}

    def __bool__(self) -> bool:
        return bool(self._of_path)

    def add(self, path: Path, line: int | None, what: str) -> None:
        """Note one problem.

        Args:
            path: the file as the user named it.
            line: counted from 1; None where the whole file is meant.
            what: what is wrong, and after a semicolon what to do.
        """
        self._of_path.setdefault(path, []).append((line, what))

    def of(self, path: Path) -> Report:
        """Return `add` for one file."""
        return partial(self.add, path)

    def raise_any(self, exception: type[OnnluException]) -> None:
        """Raise `exception` with a line for each problem, if there are any."""
        if not self:
            return
        raise exception(
            "\n".join(
                f"{path}: {what}" if line is None else f"{path}:{line}: {what}"
                for path, found in self._of_path.items()
                for line, what in sorted(found, key=lambda problem: problem[0] or 0)
            )
        )
