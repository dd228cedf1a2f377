"""How much is parsed in a second: by callers side by side, by batch size, by threads."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from onnlu.benchmark.estimates import Estimate, counted, median
from onnlu.benchmark.plan import THREADS_BATCH, Plan

if TYPE_CHECKING:
    from onnlu.nlu import NLU


class _Round(NamedTuple):
    """What was done in one round."""

    texts: int
    seconds: float
    cpu_seconds: float


def by_callers(
    nlu: NLU, texts: Sequence[str], plan: Plan, counts: Sequence[int]
) -> dict[str, Estimate]:
    """Return calls a second of threads that call `parse` side by side.

    A core's share is calls for each second of CPU time, whichever cores gave it.
    """
    figures = {}
    for count in counts:
        rounds = [_side_by_side(nlu, texts, count, plan.seconds) for _ in range(plan.rounds)]
        suffix = f"with_{counted(count, 'caller')}"
        figures[f"requests_per_s_{suffix}"] = median([r.texts / r.seconds for r in rounds])
        figures[f"requests_per_s_per_core_{suffix}"] = median(
            [r.texts / r.cpu_seconds for r in rounds]
        )
    return figures


def by_batch_size(
    nlu: NLU, texts: Sequence[str], plan: Plan, sizes: Sequence[int]
) -> dict[str, Estimate]:
    """Return texts a second of `parse_batch`, one caller."""
    return {
        f"texts_per_s_in_batches_of_{size}": _batches_per_second(nlu, texts, plan, size)
        for size in sizes
    }


def by_threads(
    loaded: Callable[[int], NLU], texts: Sequence[str], plan: Plan, counts: Sequence[int]
) -> dict[str, Estimate]:
    """Return texts a second of `parse_batch`, one caller, with some threads for each call.

    Args:
        loaded: loads the model with a number of threads.
        texts: to parse, in batches of `THREADS_BATCH`.
        plan: how much to measure.
        counts: numbers of threads.
    """
    figures = {}
    for count in counts:
        nlu = loaded(count)
        nlu.parse_batch(texts)
        name = f"texts_per_s_with_{counted(count, 'thread')}"
        figures[name] = _batches_per_second(nlu, texts, plan, THREADS_BATCH)
    return figures


def _batches_per_second(nlu: NLU, texts: Sequence[str], plan: Plan, size: int) -> Estimate:
    batches = _in_turn(texts, size)
    nlu.parse_batch(next(batches))
    rates = []
    for _ in range(plan.rounds):
        start, done = time.perf_counter(), 0
        while (seconds := time.perf_counter() - start) < plan.seconds:
            done += len(nlu.parse_batch(next(batches)))
        rates.append(done / seconds)
    return median(rates)


def _in_turn(texts: Sequence[str], size: int) -> Iterator[list[str]]:
    """Yield batches without end, the texts in turn."""
    endless = itertools.cycle(texts)
    while True:
        yield list(itertools.islice(endless, size))


def _side_by_side(nlu: NLU, texts: Sequence[str], callers: int, seconds: float) -> _Round:
    done = [0] * callers
    failures: list[Exception] = []
    begin = threading.Barrier(callers + 1)
    end = threading.Event()

    def call(number: int) -> None:
        own = itertools.islice(itertools.cycle(texts), number, None)
        begin.wait()
        try:
            while not end.is_set():
                nlu.parse(next(own))
                done[number] += 1
        except Exception as error:  # of a thread nobody would hear
            failures.append(error)

    threads = [threading.Thread(target=call, args=(n,), daemon=True) for n in range(callers)]
    for thread in threads:
        thread.start()
    begin.wait()
    start, cpu_start = time.perf_counter(), time.process_time()
    try:
        end.wait(seconds)
    finally:
        end.set()
        for thread in threads:
            thread.join()
    taken = _Round(sum(done), time.perf_counter() - start, time.process_time() - cpu_start)
    if failures:
        raise failures[0]
    return taken
