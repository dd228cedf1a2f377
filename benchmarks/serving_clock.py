"""Clocks for what serves: whole calls, what ONNX Runtime takes of them, and calls in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from onnlu.nlu import NLU
from onnlu.session import OnnxSession, Tensors


class GraphClock:
    """Adds up the time within `OnnxSession.run`.

    Attributes:
        seconds: so far, of all sessions of this process.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count from here to the end of the block."""
        run = OnnxSession.run

        def timed(session: OnnxSession, inputs: Tensors) -> Tensors:
            begin = time.perf_counter()
            try:
                return run(session, inputs)
            finally:
                self.seconds += time.perf_counter() - begin

        OnnxSession.run = timed  # type: ignore[method-assign]
        try:
            yield
        finally:
            OnnxSession.run = run  # type: ignore[method-assign]


class ParseTime(NamedTuple):
    """What one `parse` took, in seconds.

    Attributes:
        whole: all of it.
        graph: in ONNX Runtime.
    """

    whole: float
    graph: float

    @property
    def around(self) -> float:
        """What it took around the graph."""
        return self.whole - self.graph


def timed_parse(nlu: NLU, text: str, clock: GraphClock) -> ParseTime:
    """Parse a text while a clock is running, and return what that took."""
    before, begin = clock.seconds, time.perf_counter()
    nlu.parse(text)
    whole = time.perf_counter() - begin
    return ParseTime(whole, clock.seconds - before)


def in_turns(
    runs: Mapping[str, Callable[[], object]], rounds: int, calls: int
) -> dict[str, list[float]]:
    """Call several functions in turns and return the seconds of each call.

    Args:
        runs: by name.
        rounds: how often it is the turn of each.
        calls: in one turn, after one that does not count: it finds the caches full of others' data.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            run()
            for _ in range(calls):
                begin = time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - begin)
    return seconds
