"""What stands for a value, so that a training knows whether the value has changed."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path, PurePath
from typing import Any, Final, Protocol, runtime_checkable

from onnlu_engine.errors import NoFingerprintException

WHOLE: Final = "content"
"""The only part of a value that has no parts."""


@runtime_checkable
class Fingerprintable(Protocol):
    """A value that can say what stands for its content."""

    def fingerprint(self) -> str:
        """Return a text that differs whenever the content does; the same in every process."""


@runtime_checkable
class FingerprintableByPart(Protocol):
    """A value whose readers need not care for all of it, such as training data."""

    def fingerprint_parts(self) -> dict[str, str]:
        """Return the fingerprint of each part; together they stand for the whole content."""


def fingerprint(value: Any) -> str:
    """Return the sha256 of a value, the same in every process.

    The order of a mapping or a set does not count, that of a list does. A value with a
    `fingerprint()` of its own is asked for it; one with a buffer, such as a numpy array, is taken
    by type, shape and bytes.

    Raises:
        NoFingerprintException: the value, or one in it, does not say what it holds.

    >>> fingerprint({"a": 1, "b": [2, 3]}) == fingerprint({"b": [2, 3], "a": 1})
    True
    >>> fingerprint([1, True]) == fingerprint([True, 1])
    False
    """
    try:
        return _digest(value).hex()
    except RecursionError as error:
        raise NoFingerprintException("it is nested too deeply, or contains itself") from error


def plain_fingerprint(value: Any) -> str:
    """Return what stands for a value that is JSON, or nearly so; far faster than `fingerprint`.

    Numbers that are keys count as their texts, and tuples as lists.

    Raises:
        NoFingerprintException: the value, or one in it, does not say what it holds.
    """
    try:
        text = json.dumps(value, sort_keys=True, default=fingerprint)
    except (TypeError, ValueError, RecursionError):  # such as keys that are tuples, or of two types
        return fingerprint(value)
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint_parts(value: Any) -> dict[str, str]:
    """Return the fingerprint of each part of a value; of most values there is one, `WHOLE`.

    Raises:
        NoFingerprintException: the value, or one in it, does not say what it holds.
    """
    if isinstance(value, FingerprintableByPart) and not isinstance(value, type):
        return value.fingerprint_parts()
    return {WHOLE: fingerprint(value)}


def folder_fingerprint(folder: Path) -> str:
    """Return the sha256 of a folder: of the names and bytes of all files below it.

    Raises:
        NoFingerprintException: it holds something that is neither a file nor a folder.
        OSError: something in it cannot be read.
    """
    digests = {}
    for directory, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(directory) / name
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                digests[path.relative_to(folder).as_posix()] = digest
            elif not stat.S_ISDIR(mode):
                raise NoFingerprintException(f"{path} is neither a file nor a folder")
    return fingerprint(digests)


def _digest(value: Any) -> bytes:
    if isinstance(value, Fingerprintable) and not isinstance(value, type):
        return _combined("fingerprint", [value.fingerprint().encode()])
    if isinstance(value, Enum):
        return _combined("enum", [type(value).__qualname__.encode(), value.name.encode()])
    match value:
        case None | bool() | int() | float():
            # `repr` tells 1, 1.0 and True apart, and every float from every other.
            return _combined("value", [repr(value).encode()])
        case str() | PurePath():
            return _combined("text", [str(value).encode("utf-8", "surrogatepass")])
        case bytes():
            return _combined("bytes", [value])
        case list() | tuple():
            return _combined("sequence", map(_digest, value))
        case Mapping():
            pairs = (_digest(key) + _digest(item) for key, item in value.items())
            return _combined("mapping", sorted(pairs))
        case set() | frozenset():
            return _combined("set", sorted(map(_digest, value)))
    return _digest_of_buffer(value)


def _digest_of_buffer(value: Any) -> bytes:
    try:
        view = memoryview(value)
    except TypeError as error:
        raise NoFingerprintException(
            f"a {type(value).__qualname__} does not say what it holds: give it a method "
            "`fingerprint`"
        ) from error
    if "O" in view.format:
        raise NoFingerprintException("an array of Python objects holds addresses, not content")
    return _combined("buffer", [f"{view.format} {view.shape}".encode(), view.tobytes()])


def _combined(kind: str, parts: Iterable[bytes]) -> bytes:
    """Return the digest of parts, each with its length before it: no two lists look alike."""
    total = hashlib.sha256(kind.encode())
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.digest()
