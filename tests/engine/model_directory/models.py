"""Small models, and what stands in their folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from onnlu_engine.model_directory import write_model

MANIFEST: dict[str, Any] = {"kind": "onnx", "language": "ü", "figures": [1, 2.5, None]}


def write(target: Path, components: Path, **arguments: Any) -> str:
    """Write a model of these components; return its id."""
    return write_model(target, MANIFEST, {"components": components}, **arguments)


def names(folder: Path) -> list[str]:
    """Return what stands in a folder."""
    return sorted(path.name for path in folder.iterdir())


def tree(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder and of all below it, with their content."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
