"""Parts of a batch are parsed by threads side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

Result = TypeVar("Result")

# Few texts to a part waste the time of a graph's run, many leave the last thread alone with its.
_SMALLEST_PART: Final = 16
_PARTS_PER_THREAD: Final = 4


def side_by_side(
    parse: Callable[[Sequence[str]], list[Result]], texts: Sequence[str], threads: int
) -> list[Result]:
    """Return what `parse` makes of texts, each thread with texts of similar length.

    That pays as ONNX Runtime lets go of Python's lock: while a graph runs, other texts are
    featurized.

    Args:
        parse: returns a result for each text; several threads call it at once.
        texts: any number.
        threads: how many may be at work.

    Raises:
        Exception: what `parse` raised.
    """
    count = min(threads * _PARTS_PER_THREAD, len(texts) // _SMALLEST_PART)
    if threads == 1 or count < 2:
        return parse(texts)
    # Its import takes longer than most calls of `parse`, which never come here.
    from concurrent.futures import ThreadPoolExecutor

    # The longest first: what takes long is not begun last.
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]), reverse=True)
    size = -(-len(order) // count)
    parts = [order[begin : begin + size] for begin in range(0, len(order), size)]
    results: dict[int, Result] = {}
    with ThreadPoolExecutor(threads) as pool:
        parsed = pool.map(lambda part: parse([texts[number] for number in part]), parts)
        for part, found in zip(parts, parsed, strict=True):
            results.update(zip(part, found, strict=True))
    return [results[number] for number in range(len(texts))]
