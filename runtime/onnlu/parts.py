"""Batches are parsed in parts: of bounded memory, and by threads side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

Result = TypeVar("Result")

# What featurizers made of a part is kept until the last of them is done: some 300 bytes a
# character, with n-grams.
MOST_CHARACTERS: Final = 8_192
# Few texts to a part waste the time of a graph's run, many leave the last thread alone with its.
_SMALLEST_PART: Final = 16
_PARTS_PER_THREAD: Final = 4


def parse_in_parts(
    parse: Callable[[Sequence[str]], list[Result]], texts: Sequence[str], threads: int
) -> list[Result]:
    """Return what `parse` makes of texts, in parts of similar length.

    Threads pay as ONNX Runtime lets go of Python's lock: while a graph runs, other texts are
    featurized.

    Args:
        parse: returns a result for each text; several threads call it at once. It is called with
            at most `MOST_CHARACTERS` characters, or with a single text.
        texts: any number.
        threads: how many may be at work.

    Raises:
        Exception: what `parse` raised.
    """
    parts = list(_parts(texts, threads))
    if len(parts) < 2:
        return parse(texts)
    calls = ([texts[number] for number in part] for part in parts)
    if threads == 1:
        parsed = list(map(parse, calls))
    else:
        # Its import takes longer than most calls of `parse`, which never come here.
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(threads) as pool:
            parsed = list(pool.map(parse, calls))
    results: dict[int, Result] = {}
    for part, found in zip(parts, parsed, strict=True):
        results.update(zip(part, found, strict=True))
    return [results[number] for number in range(len(texts))]


def _parts(texts: Sequence[str], threads: int) -> Iterator[list[int]]:
    """Yield the numbers of texts, the longest first: what takes long is not begun last."""
    size = len(texts)
    if threads > 1:
        size = -(-size // max(1, min(threads * _PARTS_PER_THREAD, size // _SMALLEST_PART)))
    part: list[int] = []
    characters = 0
    for number in sorted(range(len(texts)), key=lambda number: len(texts[number]), reverse=True):
        length = len(texts[number])
        if part and (len(part) == size or characters + length > MOST_CHARACTERS):
            yield part
            part, characters = [], 0
        part.append(number)
        characters += length
    if part:
        yield part
