"""What travels between the processes of one run, as bytes.

The processes trust each other: whoever unpacks a parcel runs what its sender put into it. Nothing
of it is ever part of a model.
"""

from __future__ import annotations

import os
import pickle
import socket
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from onnlu_engine.errors import GraphComponentException, GraphRunError, OnnluException

Folder = Mapping[str, bytes]


def packed(what: str, value: Any) -> bytes:
    """Return a value as bytes.

    Args:
        what: names the value in an error.
        value: instances of classes that can be imported, and what Python has.

    Raises:
        GraphRunError: it cannot travel.
    """
    try:
        return pickle.dumps(value, protocol=5)
    except Exception as error:
        raise GraphRunError(
            f"{what} cannot be sent to another process: {type(error).__name__}: {error}. Have it "
            "hold plain values and classes of importable modules, or run the graph in one process."
        ) from error


def unpacked(what: str, parcel: bytes) -> Any:
    """Return the value that bytes stand for.

    Raises:
        GraphRunError: it needs what cannot be imported here.
    """
    try:
        return pickle.loads(parcel)
    except OnnluException:
        raise
    except (ImportError, AttributeError) as error:
        raise GraphRunError(
            f"{what} needs what {this_process()} cannot import: {error}. Install it there, or put "
            "its folder on the PYTHONPATH of the workers."
        ) from error


def packed_folder(folder: Path) -> Folder:
    """Return the files of a folder by their relative POSIX paths."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def unpack_folder(files: Folder, folder: Path) -> None:
    """Write files into a folder; others that are there stay."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@dataclass(frozen=True)
class PackedError:
    """An error with its causes, of their own classes where these can travel.

    Attributes:
        errors: the error, its cause, the cause of that, ...: packed, or described.
        traceback: all of them, as Python shows them.
        process: where it was raised.
    """

    errors: tuple[bytes | str, ...]
    traceback: str
    process: str

    @classmethod
    def of(cls, error: BaseException) -> Self:
        """Pack an error."""
        errors = tuple(_packed_error(one) for one in _with_causes(error))
        return cls(errors, "".join(traceback.format_exception(error)), this_process())

    def unpacked(self) -> Exception:
        """Return the error; a note on it says where it was raised, and how one came there."""
        error, *causes = (_unpacked_error(one) for one in self.errors)
        effect = error
        for cause in causes:
            effect.__cause__ = cause
            effect = cause
        error.add_note(f"Raised in {self.process}:\n{self.traceback.rstrip()}")
        return error


def this_process() -> str:
    """Return what an error calls this process."""
    return f"process {os.getpid()} of {socket.gethostname()}"


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _packed_error(error: BaseException) -> bytes | str:
    try:
        parcel = pickle.dumps(error)
        pickle.loads(parcel)  # many can be packed that cannot be unpacked
    except Exception:
        return f"{type(error).__name__}: {error}"
    return parcel


def _unpacked_error(error: bytes | str) -> Exception:
    if isinstance(error, bytes):
        try:
            found: Exception = pickle.loads(error)
        except Exception as problem:
            error = f"an error that cannot be shown here ({type(problem).__name__}: {problem})"
        else:
            return found
    return GraphComponentException(error)
