"""A model on disk: a directory with a manifest that lists every other file."""

from __future__ import annotations

import hashlib
import json
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from onnlu_engine.errors import (
    CorruptModelException,
    IncompatibleModelException,
    InvalidConfigException,
    ModelException,
    ModelWriteException,
    cause_of,
)
from onnlu_engine.manifest import (
    FORMAT,
    MANIFEST,
    MANIFEST_LIMIT,
    canonical_json,
    is_newer_minor,
    model_id,
    path_problem,
    read_manifest,
    same_but_for_case,
)
from onnlu_engine.names import name_problem

__all__ = ["FORMAT", "Model", "canonical_json", "check_target", "open_model", "write_model"]

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Model:
    """A model whose every byte has been checked.

    Attributes:
        path: its directory, with no symbolic link left in the path.
        manifest: what `manifest.json` holds.
    """

    path: Path
    manifest: dict[str, Any] = field(repr=False)

    @property
    def model_id(self) -> str:
        """The sha256, in hex, of all that the model is."""
        return str(self.manifest["model_id"])

    @property
    def components(self) -> Path:
        """The folder with a sub-folder for each resource."""
        return self.path / "components"


def open_model(path: str | os.PathLike[str], digest: str | None = None) -> Model:
    """Check a model, file by file, before anything in it is parsed.

    Args:
        path: the directory, or a symbolic link to it.
        digest: `"sha256:"` and the `model_id` that it must have.

    Raises:
        IncompatibleModelException: it is no model, or one of another format major.
        CorruptModelException: a file is missing, changed, truncated, a link, special or not
            listed, or the model is not the one that `digest` names.
        ModelException: there is nothing at `path`, or it cannot be read.
        InvalidConfigException: `digest` is not written as above.

    Warns:
        UserWarning: the model has a newer format minor; what that added is not used.
    """
    folder = Path(path)
    if digest is not None and not _DIGEST.fullmatch(digest):
        raise InvalidConfigException(
            f"The digest must be 'sha256:' and 64 lower-case hex digits, not {digest!r}."
        )
    try:
        _check_is_directory(folder)
        folder = folder.resolve()
        manifest = read_manifest(folder)
        if digest is not None and digest != f"sha256:{manifest['model_id']}":
            raise CorruptModelException(
                f"{folder} is not the model that was pinned: it is sha256:{manifest['model_id']}, "
                f"and {digest} was asked for. Deploy the right one, or pin this one."
            )
        _check_files(folder, manifest["files"])
    except OSError as error:
        raise ModelException(f"The model at {folder} cannot be read: {error}") from error
    if is_newer_minor(manifest):
        warnings.warn(
            f"{folder} has the format '{manifest['format']}', newer than '{FORMAT}', which this "
            "version reads: what is new in it is not used. Update onnlu.",
            stacklevel=2,
        )
    return Model(folder, manifest)


def check_target(target: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Check that a model can be written to `target`, before the work that leads to it.

    Free are an absent path and an empty directory; with `overwrite` also a directory that holds an
    onnlu model. A symbolic link (`current -> v12`) is refused: replacing what it points to would
    change a model under another name, replacing the link would lose it.

    Raises:
        ModelWriteException: the target is taken, and by what.
    """
    path = Path(target)
    with _write_errors(path):
        problem = _target_problem(path, overwrite)
    if problem:
        raise ModelWriteException(f"{path} {problem}")


def write_model(
    target: str | os.PathLike[str],
    manifest: Mapping[str, Any],
    folders: Mapping[str, Path],
    overwrite: bool = False,
) -> str:
    """Write a model so that at any time the old one or the new one is there, whole.

    Args:
        target: where; see `check_target`.
        manifest: what the model says of itself. The keys `format`, `created`, `files` and
            `model_id` are set here.
        folders: name in the model, such as "components", to the folder whose files are copied
            there. Empty folders are left out: a model is its files.
        overwrite: replace the model that is there.

    Returns:
        The `model_id`.

    Raises:
        ModelWriteException: the target is taken, the disk is full, the manifest is not JSON, or a
            file is no regular one or has a name that other systems do not take. The target is what
            it was.
    """
    from onnlu_engine.atomic import atomic_directory  # a serving process has no use for it

    check_target(target, overwrite)
    path = Path(target).resolve()
    with _write_errors(path), atomic_directory(path, overwrite=overwrite) as folder:
        for name, source in folders.items():
            _copy(source, folder, name)
        complete = {**manifest, "format": FORMAT, "files": _listing(folder)}
        complete = json.loads(canonical_json(complete))  # such as it will be read
        id_ = model_id(complete)
        created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        content = canonical_json({**complete, "created": created, "model_id": id_}) + "\n"
        if len(content.encode()) > MANIFEST_LIMIT:
            raise ModelWriteException(f"The manifest would exceed {MANIFEST_LIMIT} bytes.")
        (folder / MANIFEST).write_text(content, encoding="utf-8", newline="")
    return id_


def _check_is_directory(path: Path) -> None:
    if not path.exists():
        raise ModelException(f"There is no model at {path}. Check the path.")
    if not path.is_dir():
        raise IncompatibleModelException(
            f"{path} is a file, and a model is a directory. Unpack it first: tar -xf {path}"
        )


def _target_problem(path: Path, overwrite: bool) -> str | None:
    if path.is_symlink():
        return (
            f"is a symbolic link to {path.readlink()}. Write to a directory of another name, "
            "then point the link to it."
        )
    if not path.exists():
        parent = next(parent for parent in path.absolute().parents if parent.exists())
        if parent.is_dir() and os.access(parent, os.W_OK):
            return None
        return f"cannot be made in {parent}, which is no directory that you may write to."
    if not path.is_dir():
        return "is a file. Name a directory to write the model to."
    if not any(path.iterdir()):
        return None
    if not _is_model(path):
        return "is a directory with other content, which is never overwritten. Name another one."
    return None if overwrite else "already holds a model. Pass --overwrite to replace it."


def _is_model(folder: Path) -> bool:
    """Whether a directory was written as a model, whatever has become of it since."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(manifest, dict) and str(manifest.get("format")).startswith("onnlu/")


def _check_files(root: Path, files: Mapping[str, Mapping[str, Any]]) -> None:
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
    for name in sorted(files):
        if _sha256(root / name) != files[name]["sha256"]:
            raise _corrupt(root, name, "has been changed: its sha256 is not the manifest's")


def _listing(root: Path) -> dict[str, dict[str, Any]]:
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


def _copy(source: Path, folder: Path, name: str) -> None:
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
        return hashlib.file_digest(file, "sha256").hexdigest()


def _corrupt(root: Path, name: str, problem: str) -> CorruptModelException:
    return CorruptModelException(
        f"{root}: {name!r} {problem}. Copy the model again, or train or export it anew."
    )


@contextmanager
def _write_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelWriteException(
            f"The model cannot be written to {target}: {cause_of(error)}. What was there is as it "
            "was. Make room or choose another place, and run the same again."
        ) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelWriteException(f"The manifest cannot be written as JSON: {error}.") from error
