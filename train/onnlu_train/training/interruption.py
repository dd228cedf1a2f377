"""Ctrl-C and SIGTERM: a request to end cleanly, and the second time an order to end at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class TrainingInterrupted(KeyboardInterrupt):
    """A training ended on request, after a step.

    Attributes:
        model: what was being trained.
        epoch: epochs it had been trained for.
        epochs: epochs it was to be trained for.
        checkpoint: where it can go on from; None where nothing was kept.
    """

    def __init__(self, model: str, epoch: int, epochs: int, checkpoint: Path | None) -> None:
        super().__init__(f"{model} was interrupted after {epoch} of {epochs} epochs.")
        self.model, self.epoch, self.epochs = model, epoch, epochs
        self.checkpoint = checkpoint


class Interruption:
    """Turns signals into a request that a training asks for between its steps.

    Attributes:
        requested: whether the training should end.
    """

    def __init__(self) -> None:
        self.requested = False
        self._deferred = False

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle signals inside; only the main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._handle) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let the first signal inside wait for the end of a step; outside none waits."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self._deferred or self.requested:
            raise KeyboardInterrupt
        self.requested = True
