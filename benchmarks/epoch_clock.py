"""A clock for trainings. Runs in every environment measured."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class EpochClock:
    """Notes when epochs end; it runs from its making on, and stands still on request.

    Attributes:
        epochs_s: seconds of each epoch.
        epoch_ends_s: seconds from the clock's start to the end of each epoch.
    """

    def __init__(self) -> None:
        self.epochs_s: list[float] = []
        self.epoch_ends_s: list[float] = []
        self._zero = time.perf_counter()
        self._epoch_began = 0.0

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start, without those it stood still."""
        return time.perf_counter() - self._zero

    def begin_epoch(self) -> None:
        """Note that an epoch begins, in a training that has no epoch before."""
        self._epoch_began = self.elapsed_s

    def end_epoch(self) -> None:
        """Note that an epoch ends, and that the next one begins."""
        now = self.elapsed_s
        self.epochs_s.append(now - self._epoch_began)
        self.epoch_ends_s.append(now)
        self._epoch_began = now

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stand still for what belongs to the measuring, and not to what is measured."""
        before = time.perf_counter()
        try:
            yield
        finally:
            self._zero += time.perf_counter() - before
