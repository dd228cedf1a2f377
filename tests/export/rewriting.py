"""Models that were changed and have right digests all the same."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from onnlu_engine.model_directory import write_model


def rewritten(source: Path, out: Path, **changed: Any) -> Path:
    """Write a model again with another manifest: its digests are right."""
    manifest = json.loads((source / "manifest.json").read_text(encoding="utf-8"))
    folders = {p.name: p for p in source.iterdir() if p.is_dir()}
    for key in ("files", "model_id", "created", "format"):
        manifest.pop(key, None)
    write_model(out, {**manifest, **changed}, folders)
    return out


def changed_file(
    source: Path, folder: Path, pattern: str, change: Callable[[Path], object]
) -> Path:
    """Copy a model to a folder, change its one file of a pattern, and write it again."""
    copy = shutil.copytree(source, folder / "copy")
    (path,) = copy.glob(pattern)
    change(path)
    return rewritten(copy, folder / "changed")
