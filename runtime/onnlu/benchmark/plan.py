"""How much a benchmark measures."""

from __future__ import annotations

from typing import NamedTuple


class Plan(NamedTuple):
    """How much is measured.

    Attributes:
        calls: to `parse`, for the latency.
        rounds: of each throughput and of the cold start; six give an interval.
        seconds: of one round.
        process_rounds: of the memory of several processes.
    """

    calls: int
    rounds: int
    seconds: float
    process_rounds: int


FULL = Plan(calls=2_000, rounds=6, seconds=1.0, process_rounds=6)
QUICK = Plan(calls=400, rounds=6, seconds=0.1, process_rounds=1)

CALLERS = (1, 8, 32)
BATCHES = (1, 8, 32, 128)
PROCESSES = (1, 2, 4)
# In what batches texts are parsed where threads are compared: each thread is to have its parts.
THREADS_BATCH = 256
