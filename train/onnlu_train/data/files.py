"""Which files the paths of a command stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from onnlu_train.data.problems import Problems

_SUFFIXES: Final = (".yml", ".yaml")
_SETTINGS: Final = ("endpoints", "credentials")
"""Files of a Rasa project that say how it is served; they may hold anything, secrets too."""


def yaml_files(paths: Sequence[Path], problems: Problems) -> list[Path]:
    """Return the YAML files that `paths` name, each once.

    Args:
        paths: files, and folders that are searched at every depth in sorted order; hidden files
            and folders in them are passed over, and so are `endpoints.yml` and `credentials.yml`.
        problems: takes paths that do not exist, folders without YAML, and files of other kinds.
    """
    files: dict[Path, Path] = {}
    for path in paths:
        try:
            found = _files_of(path)
        except OSError as error:
            problems.add(
                path, None, f"cannot be read: {error.strerror}; check the path and its permissions"
            )
            continue
        if not found:
            problems.add(path, None, "holds no .yml or .yaml file; name a folder with NLU data")
        elif found[0].suffix not in _SUFFIXES:
            problems.add(path, None, "is not a .yml or .yaml file; convert it to Rasa YAML 3.1")
        else:
            files |= {file.resolve(): file for file in found if file.resolve() not in files}
    return list(files.values())


def _files_of(path: Path) -> list[Path]:
    path.stat()
    return sorted(_visible_files(path)) if path.is_dir() else [path]


def _visible_files(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        passed_over = hidden or file.stem in _SETTINGS
        if file.suffix in _SUFFIXES and file.is_file() and not passed_over:
            yield file
