"""How a training goes: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from onnlu.cli.output import say

if TYPE_CHECKING:
    from rich.progress import Progress

    from onnlu_train.training_loop import TrainingProgress

SECONDS_BETWEEN_LINES = 10.0

_SHOWN = {
    "t_loss": "loss",
    "i_loss": "intent loss",
    "e_loss": "entity loss",
    "intent_accuracy": "intent accuracy",
    "entity_f1": "entity F1",
}


@contextmanager
def progress_on_stderr() -> Iterator[TrainingProgress]:
    """Yield what shows the progress of trainings on stderr."""
    if not sys.stderr.isatty():
        yield PlainProgress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("epoch {task.completed:.0f}/{task.total:.0f}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[metrics]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        yield BarProgress(bar)


class PlainProgress:
    """Says how it goes in a line, at most every ten seconds and at the end of each training.

    Args:
        clock: the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock

    def begin(self, name: str, epochs: int) -> None:
        """A model starts to train."""
        self._name, self._epochs = name, epochs
        self._said = self._clock()

    def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """An epoch has ended."""
        now = self._clock()
        if epoch == self._epochs or now - self._said >= SECONDS_BETWEEN_LINES:
            self._said = now
            say(f"{self._name}: epoch {epoch}/{self._epochs}, {readable(metrics)}")


class BarProgress:
    """Shows a bar for each model that is trained.

    Args:
        bar: with a field `metrics`.
    """

    def __init__(self, bar: Progress) -> None:
        self._bar = bar

    def begin(self, name: str, epochs: int) -> None:
        """A model starts to train."""
        self._task = self._bar.add_task(name, total=epochs, metrics="")

    def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """An epoch has ended."""
        self._bar.update(self._task, completed=epoch, metrics=readable(metrics))


def readable(metrics: Mapping[str, float]) -> str:
    """Return the metrics that a user can judge a training by.

    >>> readable({"t_loss": 1.23456, "i_loss": 1.0, "intent_accuracy": 0.5})
    'loss 1.235, intent loss 1.000, intent accuracy 0.500'
    """
    return ", ".join(f"{name} {metrics[key]:.3f}" for key, name in _SHOWN.items() if key in metrics)
