"""A model on disk: a directory with a manifest that lists every other file."""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from onnlu_engine.ahead import Ahead
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
    read_manifest,
)
from onnlu_engine.model_files import LARGE, check_digests, check_listing, copy_files, listing

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


def open_model(
    path: str | os.PathLike[str],
    digest: str | None = None,
    meanwhile: Callable[[Mapping[str, Any]], object] | None = None,
) -> Model:
    """Check a model, file by file, before anything in it is parsed.

    Args:
        path: the directory, or a symbolic link to it.
        digest: `"sha256:"` and the `model_id` that it must have.
        meanwhile: called with the manifest while a thread reads large files. No file may be used
            yet; what it raises counts only where the files are right.

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
    with _read_errors(folder):
        _check_is_directory(folder)
        folder = folder.resolve()
        manifest = read_manifest(folder)
        if digest is not None and digest != f"sha256:{manifest['model_id']}":
            raise CorruptModelException(
                f"{folder} is not the model that was pinned: it is sha256:{manifest['model_id']}, "
                f"and {digest} was asked for. Deploy the right one, or pin this one."
            )
        check_listing(folder, manifest["files"])
    files = manifest["files"]
    large = {name: facts for name, facts in files.items() if facts["size"] >= LARGE}
    checked = Ahead(partial(check_digests, folder, large)) if large else None
    try:
        with _read_errors(folder):
            check_digests(folder, {name: files[name] for name in files.keys() - large.keys()})
        if meanwhile is not None:
            meanwhile(manifest)
    finally:
        if checked is not None:
            with _read_errors(folder):
                checked.result()
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
            copy_files(source, folder, name)
        complete = {**manifest, "format": FORMAT, "files": listing(folder)}
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


@contextmanager
def _read_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelException(f"The model at {folder} cannot be read: {error}") from error


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
