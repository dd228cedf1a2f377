"""The files of a model: what is listed and what is there, their digests, and copies of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from onnlu_engine.errors import CorruptModelException, ModelWriteException
from onnlu_engine.manifest import MANIFEST, path_problem, same_but_for_case
from onnlu_engine.names import name_problem

LARGE = 1024 * 1024  # bytes of a file whose digest is worth a thread


def check_listing(root: Path, files: Mapping[str, Mapping[str, Any]]) -> None:
    """Compare what is in a directory with what its manifest lists; no file is read.

    Args:
        root: the model's directory.
        files: path -> its facts, as in the manifest.

    Raises:
        CorruptModelException: one is missing, of another size, a link, special, or not listed.
        OSError: a folder cannot be read.
    """
    listed = {name: Path(name) for name in files}
    parents = {parent.as_posix() for path in listed.values() for parent in path.parents}
    missing = set(files)
    for name, entry in _entries(root):
        problem = _entry_problem(entry)
        if entry.is_dir(follow_symlinks=False):
            problem = None if name in parents else "is not in the manifest"
        elif not problem and name in files:
            missing.discard(name)
            size = entry.stat(follow_symlinks=False).st_size
            if size != files[name]["size"]:
                problem = f"has {size} bytes instead of {files[name]['size']}"
        elif not problem and name != MANIFEST:
            problem = "is not in the manifest"
        if problem:
            raise _corrupt(root, name, problem)
    if missing:
        raise _corrupt(root, min(missing), "is missing")


def check_digests(root: Path, files: Mapping[str, Mapping[str, Any]]) -> None:
    """Compare the content of every file with the digest that the manifest lists.

    Args:
        root: the model's directory.
        files: path -> its facts, as in the manifest.

    Raises:
        CorruptModelException: one is another.
        OSError: one cannot be read.
    """
    for name in sorted(files):
        if _sha256(root / name) != files[name]["sha256"]:
            raise _corrupt(root, name, "has been changed: its sha256 is not the manifest's")


def listing(root: Path) -> dict[str, dict[str, Any]]:
    """Return size and sha256 of every file below `root`.

    Raises:
        ModelWriteException: `open_model` would refuse a file for its name.
    """
    files = {}
    for name, entry in _entries(root):
        if entry.is_file(follow_symlinks=False):
            problem = path_problem(name)
            if problem:
                raise ModelWriteException(f"File {name!r} cannot be part of a model: {problem}.")
            files[name] = {"size": entry.stat().st_size, "sha256": _sha256(root / name)}
    pair = same_but_for_case(files)
    if pair:
        raise ModelWriteException(
            f"Files {pair[0]!r} and {pair[1]!r} differ in case only, and some systems take them "
            "for one. Rename one."
        )
    return files


def copy_files(source: Path, folder: Path, name: str) -> None:
    """Copy all that is below a folder into a model that is being written.

    Args:
        source: the folder.
        folder: of the model.
        name: of the folder in the model.

    Raises:
        ModelWriteException: the name is no plain one, or something is no regular file.
        OSError: something cannot be copied.
    """
    import shutil  # only a writer needs it: it would cost every start 5 ms

    problem = name_problem(name)
    if problem:
        raise ModelWriteException(f"Folder {name!r} cannot be part of a model: {problem}.")
    for relative, entry in _entries(source):
        problem = _entry_problem(entry)
        if problem:
            raise ModelWriteException(
                f"{entry.path!r} {problem}, and only regular files can be part of a model."
            )
        if entry.is_file():
            copy = folder / name / relative
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(entry.path, copy)


def _entries(root: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield whatever is below `root`, with its path in the model; links are not followed."""
    pending = [""]
    while pending:
        parent = pending.pop()
        with os.scandir(root / parent) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                yield f"{parent}{entry.name}", entry
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{parent}{entry.name}/")


def _entry_problem(entry: os.DirEntry[str]) -> str | None:
    if entry.is_symlink():
        return "is a symbolic link"
    if not entry.is_dir() and not entry.is_file():
        return "is not a regular file"
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        if path.stat().st_size < LARGE:
            return hashlib.file_digest(file, "sha256").hexdigest()
        # In one call and not in pieces: after each, a thread waits for Python's lock.
        try:
            content = mmap(file.fileno(), 0, access=ACCESS_READ)
        except (OSError, ValueError):  # a file system without mappings, a file cut to nothing
            return hashlib.file_digest(file, "sha256").hexdigest()
        with content:
            return hashlib.sha256(content).hexdigest()


def _corrupt(root: Path, name: str, problem: str) -> CorruptModelException:
    return CorruptModelException(
        f"{root}: {name!r} {problem}. Copy the model again, or train or export it anew."
    )
