"""Reads files of word vectors: the text and the binary format of word2vec, GloVe and fastText."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from onnlu_engine.errors import InvalidConfigException

_HEADER: Final = re.compile(rb"\s*([0-9]+)\s+([0-9]+)\s*")
_LONGEST_HEADER: Final = 100
_VALUE_BYTES: Final = 4
_EMPTY: Final = "holds no word vectors; name another file"
_AGAIN: Final = "download or save the file again"
# How files begin that people take for word vectors, and what to do with each.
_OTHER_FORMATS: Final = {
    b"\x1f\x8b": "is compressed; unpack it with gunzip",
    b"BZh": "is compressed; unpack it with bunzip2",
    b"PK\x03\x04": "is a zip archive; unpack it",
    b"\xba\x16\x4f\x2f": "is a fastText model; take its .vec file",
    b"\x80": "is a pickle, which is not read; save it in the format of word2vec",
    b"\x93NUMPY": "is an array without words; save it in the format of word2vec",
}


class WordVector(NamedTuple):
    """A word in UTF-8, as the file has it, and its vector, float32 [units]."""

    word: bytes
    vector: npt.NDArray[np.float32]


def read_word_vectors(path: Path, max_words: int | None = None) -> Iterator[WordVector]:
    """Yield the words of a file, in its order, with their vectors.

    A file called `*.bin` is binary: a header of the numbers of words and units, then for each word
    its text, a blank, and little-endian float32 values. Any other file is text: a word and its
    values a line, with or without such a header. In a text file a word may hold blanks, but not
    the first one of a file without header: its values give the number of units.

    Args:
        path: the file.
        max_words: how many words to read; None for all.

    Raises:
        InvalidConfigException: the first problem of the file, with its line, and what to do.
    """
    try:
        _check_format(path)
        read = _read_binary if path.suffix == ".bin" else _read_text
        yield from islice(read(path), max_words)
    except OSError as error:
        raise _problem(
            path, f"cannot be read: {error.strerror}; check the path and its permissions"
        ) from error


def _check_format(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(8)
    for mark, what in _OTHER_FORMATS.items():
        if start.startswith(mark):
            raise _problem(path, what)


def _read_text(path: Path) -> Iterator[WordVector]:
    with path.open("rb") as file:
        header = _HEADER.fullmatch(file.readline(_LONGEST_HEADER))
        words, units = (int(header[1]), int(header[2])) if header else (None, None)
        if not header:
            file.seek(0)
        found = 0
        for number, line in enumerate(file, start=2 if header else 1):
            if not line.strip():
                continue
            item = _parsed(path, number, line, units)
            units = len(item.vector)
            found += 1
            yield item
    if not found:
        raise _problem(path, _EMPTY)
    if words is not None and words != found:
        raise _problem(path, f"announces {words} words, and has {found}; {_AGAIN}", 1)


def _parsed(path: Path, number: int, line: bytes, units: int | None) -> WordVector:
    """Return the word of a line and its values; the number of these is `units` if that is known."""
    word, *values = line.rsplit(None, -1 if units is None else units)
    if not values or (units is not None and len(values) != units):
        expected = "values" if units is None else f"{units} values"
        raise _problem(path, f"is no word with {expected} after it; {_AGAIN}", number)
    try:
        with np.errstate(over="ignore"):
            vector = np.array(values, dtype=np.float32)
        is_right = bool(np.isfinite(vector).all())
    except ValueError:
        is_right = False
    if not is_right:
        raise _problem(path, f"a value after the word is no finite number; {_AGAIN}", number)
    return WordVector(word.strip(), vector)


def _read_binary(path: Path) -> Iterator[WordVector]:
    with path.open("rb") as file:
        header = _HEADER.fullmatch(file.readline(_LONGEST_HEADER))
        if header is None or not int(header[2]):
            raise _problem(
                path, "does not begin with the numbers of words and units; "
                "give a text file another suffix than .bin", 1,
            )  # fmt: skip
        words, size = int(header[1]), int(header[2]) * _VALUE_BYTES
        if not words:
            raise _problem(path, _EMPTY)
        position = file.tell()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for number in range(1, words + 1):
                begin = position
                end = content.find(b" ", begin)
                position = end + 1 + size
                if end < 0 or position > len(content):
                    raise _problem(path, f"ends in word {number} of {words}; {_AGAIN}")
                vector = np.frombuffer(content[end + 1 : position], dtype="<f4")
                if not np.isfinite(vector).all():
                    raise _problem(
                        path, f"has a value of word {number} that is not finite; {_AGAIN}"
                    )
                # word2vec ends each vector with a line end, others do not.
                yield WordVector(content[begin:end].lstrip(b"\n"), vector)


def _problem(path: Path, what: str, line: int | None = None) -> InvalidConfigException:
    return InvalidConfigException(f"{path}: {what}" if line is None else f"{path}:{line}: {what}")
