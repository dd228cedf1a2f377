"""One batch runs while the one before is decoded and the next one is made ready."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Batch = TypeVar("Batch")
Inputs = TypeVar("Inputs")
Outputs = TypeVar("Outputs")


def overlapped(
    batches: Iterable[Batch],
    prepare: Callable[[Batch], Inputs],
    run: Callable[[Inputs], Outputs],
) -> Iterator[tuple[Batch, Outputs]]:
    """Yield each batch with its outputs, in order; `run` is called in a thread of its own.

    That pays where `run` lets go of Python's lock, as ONNX Runtime does.

    Args:
        batches: in the order in which they are wanted.
        prepare: makes the inputs of a batch.
        run: makes outputs of inputs; called for one batch at a time.

    Raises:
        Exception: what `prepare` or `run` raised.
    """
    # Its import takes longer than most calls of `parse`, which never come here.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        running = None
        for batch in batches:
            inputs = prepare(batch)
            ended = running and (running[0], running[1].result())
            running = batch, thread.submit(run, inputs)
            if ended:
                yield ended
        if running:
            yield running[0], running[1].result()
