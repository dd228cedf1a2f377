"""Fresh processes that serve: how soon they answer, and the memory they take."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import IO, Any, cast

from onnlu.benchmark.child import ANSWERED, READY
from onnlu.benchmark.estimates import Estimate, counted, median
from onnlu.machine.memory import Memory, memory_of
from onnlu_engine.errors import OnnluException

MB = 1e6

_CHILD = (sys.executable, "-m", "onnlu.benchmark.child")

Order = Mapping[str, Any]  # what a process is to serve, see `onnlu.benchmark.child`


class ServingProcess:
    """A fresh process with the model loaded; made by `serving`.

    Attributes:
        cold_start: seconds from its start to its first answer.
    """

    def __init__(self, process: subprocess.Popen[str], order: Order, start: float) -> None:
        self._process = process
        self._stdin, self._stdout = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
        with suppress(BrokenPipeError):  # one that has ended is told below
            self._stdin.write(json.dumps(order) + "\n")
            self._stdin.flush()
        self._expect(ANSWERED)
        self.cold_start = time.perf_counter() - start

    def memory(self) -> Memory | None:
        """Return its memory when it has parsed every text."""
        self._expect(READY)
        return memory_of(self._process.pid)

    def _expect(self, word: str) -> None:
        if self._stdout.readline().strip() != word:
            raise OnnluException(
                "A fresh process could not serve the model: look at what it wrote to stderr."
            )


@contextmanager
def serving(order: Order) -> Iterator[ServingProcess]:
    """Yield a fresh process that serves, and end it."""
    start = time.perf_counter()
    process = subprocess.Popen(_CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield ServingProcess(process, order, start)
    finally:
        process.kill()
        process.communicate()


def cold_start(order: Order, rounds: int) -> dict[str, Estimate]:
    """Return milliseconds to the first answer of one fresh process after the other."""
    seconds = []
    for _ in range(rounds):
        with serving(order) as process:
            seconds.append(process.cold_start)
    return {"cold_start_ms": median([1e3 * value for value in seconds])}


def memory(order: Order, rounds: int, counts: Sequence[int]) -> dict[str, Estimate]:
    """Return the megabytes (10^6 bytes) that some processes take together, side by side.

    Returns:
        Nothing where the system does not tell the memory of processes.
    """
    figures: dict[str, Estimate] = {}
    for count in counts:
        found = [_memory_side_by_side(order, count) for _ in range(rounds)]
        for kind in Memory._fields:
            sums = [sum(getattr(m, kind) for m in each) / MB for each in found if each]
            if sums:
                figures[f"{kind}_mb_of_{counted(count, 'process')}"] = median(sums)
    return figures


def _memory_side_by_side(order: Order, count: int) -> list[Memory]:
    with ExitStack() as stack:
        processes = [stack.enter_context(serving(order)) for _ in range(count)]
        found = [process.memory() for process in processes]
    return [each for each in found if each is not None]
