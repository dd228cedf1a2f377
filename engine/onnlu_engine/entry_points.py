"""Which components the installed packages register."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

GROUP = "onnlu.components"


@cache
def registered_components() -> dict[str, tuple[str, ...]]:
    """Return the entry points of the group `onnlu.components`, read once a process.

    Reads the files itself: importing `importlib.metadata` costs some 35 ms, a third of a serving
    process' start.

    Returns:
        Component name to what it stands for, `"module:Class"`. More than one where packages
        claim the same name for different classes.
    """
    found: dict[str, tuple[str, ...]] = {}
    for file in _entry_point_files():
        for name, value in _entries(file.read_text(encoding="utf-8", errors="replace")):
            if value not in found.get(name, ()):
                found[name] = (*found.get(name, ()), value)
    return found


def _entry_point_files() -> Iterator[Path]:
    """Yield each distribution's file; of two versions the first on the path counts."""
    seen: set[str] = set()
    for folder in sys.path:
        for file in sorted(Path(folder or ".").glob("*.*-info/entry_points.txt")):
            distribution = file.parent.name.split("-")[0].lower()
            if distribution not in seen:
                seen.add(distribution)
                yield file


def _entries(text: str) -> Iterator[tuple[str, str]]:
    group = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            group = line.strip("[]").strip()
        elif group == GROUP and "=" in line and not line.startswith(("#", ";")):
            name, value = line.split("=", 1)
            yield name.strip(), value.split("[")[0].replace(" ", "")
