"""The texts that a command is given: text lines, or JSON lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from io import BufferedIOBase
from pathlib import Path
from typing import NamedTuple, cast

from onnlu.cli.output import STANDARD_STREAM, say
from onnlu_engine.errors import InvalidDataException

BATCH = 64
_CHUNK = 1024 * 1024  # bytes
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class PlacedText(NamedTuple):
    """A text, and where it comes from, such as "texts.txt:3"."""

    place: str
    text: str


def given_texts(arguments: Sequence[str], source: str | None) -> Iterator[list[PlacedText]]:
    """Yield the texts of a command line in batches.

    Args:
        arguments: texts; none means that `source` holds them.
        source: a file; "-" or None is stdin. JSON lines with `text` where it ends in .jsonl.

    Raises:
        InvalidDataException: a line cannot be read; the texts before it have been yielded.
        OSError: the file cannot be read.
    """
    if arguments:
        placed = [PlacedText(f"text {n}", text) for n, text in enumerate(arguments, 1)]
        for start in range(0, len(placed), BATCH):
            yield placed[start : start + BATCH]
        return
    name = "stdin" if source in (None, STANDARD_STREAM) else str(source)
    with _opened(source) as stream:
        yield from read_texts(stream, name)


def read_texts(stream: BufferedIOBase, name: str) -> Iterator[list[PlacedText]]:
    """Yield the texts of a stream in batches, as soon as they arrive.

    Args:
        stream: UTF-8; lines end in LF or CR LF.
        name: of the file; it holds JSON lines if it ends in .jsonl.

    Raises:
        InvalidDataException: a line cannot be read; the texts before it have been yielded.
    """
    read: Callable[[bytes, str], str] = _json_text if name.endswith(".jsonl") else _decoded
    number = 0
    for lines in _arriving_lines(stream):
        batch = []
        try:
            for line in lines:
                number += 1
                content = line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line
                place = f"{name}:{number}"
                batch.append(PlacedText(place, read(content.removesuffix(b"\r"), place)))
        except InvalidDataException:
            yield batch
            raise
        yield batch


def _opened(source: str | None) -> AbstractContextManager[BufferedIOBase]:
    if source is not None and source != STANDARD_STREAM:
        return Path(source).open("rb")
    if sys.stdin.isatty():
        say("Type a text and press Enter; Ctrl-D ends.")
    return nullcontext(cast(BufferedIOBase, sys.stdin.buffer))


def _arriving_lines(stream: BufferedIOBase) -> Iterator[list[bytes]]:
    """Yield at most BATCH lines at a time; never wait for more where there is one to answer."""
    rest = b""
    # read1 returns what a terminal or pipe has so far; of a file, a whole chunk.
    while chunk := stream.read1(_CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        for start in range(0, len(lines), BATCH):
            yield lines[start : start + BATCH]
    if rest:
        yield [rest]


def _decoded(line: bytes, place: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidDataException(
            f"{place}: byte {error.start + 1} of the line is no UTF-8. Convert the text to UTF-8."
        ) from error


def _json_text(line: bytes, place: str) -> str:
    try:
        document = json.loads(_decoded(line, place))
    except (ValueError, RecursionError) as error:
        raise InvalidDataException(
            f'{place}: is no JSON ({error}). Write one object a line: {{"text": "..."}}'
        ) from error
    text = document.get("text") if isinstance(document, dict) else None
    if not isinstance(text, str):
        raise InvalidDataException(
            f'{place}: has no text. Write one object a line: {{"text": "..."}}'
        )
    return text
