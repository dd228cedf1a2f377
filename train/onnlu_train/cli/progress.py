"""How a training goes: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from onnlu.cli.output import say
from onnlu_train.training.callbacks import TrainingCallback, TrainingRun, TrainingSummary

if TYPE_CHECKING:
    from rich.progress import Progress

SECONDS_BETWEEN_LINES = 10.0

_SHOWN = {
    "t_loss": "loss",
    "i_loss": "intent loss",
    "e_loss": "entity loss",
    "intent_accuracy": "intent accuracy",
    "response_accuracy": "response accuracy",
    "entity_f1": "entity F1",
    "val_loss": "validation loss",
    "val_i_acc": "validation intent accuracy",
    "val_r_acc": "validation response accuracy",
    "val_e_f1": "validation entity F1",
}


@contextmanager
def progress_on_stderr() -> Iterator[TrainingCallback]:
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


class PlainProgress(TrainingCallback):
    """Says how it goes in a line, at most every ten seconds and at the end of each training.

    Args:
        clock: the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock

    def begin(self, run: TrainingRun) -> None:
        """A model starts to train."""
        self._name, self._epochs = run.name, run.options.epochs
        self._metrics: dict[str, float] = {}
        self._said_at = self._clock()

    def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """An epoch has ended."""
        # Not every epoch is validated: the last validation stays on show.
        self._metrics |= metrics
        now = self._clock()
        if epoch == self._epochs or now - self._said_at >= SECONDS_BETWEEN_LINES:
            self._said_at = now
            say(f"{self._name}: epoch {epoch}/{self._epochs}, {readable(self._metrics)}")

    def end(self, summary: TrainingSummary) -> None:
        """The training has ended."""
        ending = readable_ending(summary)
        if ending:
            say(f"{self._name}: {ending}")


class BarProgress(TrainingCallback):
    """Shows a bar for each model that is trained.

    Args:
        bar: with a field `metrics`.
    """

    def __init__(self, bar: Progress) -> None:
        self._bar = bar

    def begin(self, run: TrainingRun) -> None:
        """A model starts to train."""
        self._metrics: dict[str, float] = {}
        self._task = self._bar.add_task(
            run.name, total=run.options.epochs, completed=run.epochs_done, metrics=""
        )

    def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """An epoch has ended."""
        self._metrics |= metrics
        self._bar.update(self._task, completed=epoch, metrics=readable(self._metrics))

    def end(self, summary: TrainingSummary) -> None:
        """The training has ended."""
        ending = readable_ending(summary)
        if ending:
            self._bar.update(self._task, metrics=ending)


def readable(metrics: Mapping[str, float]) -> str:
    """Return the metrics that a user can judge a training by.

    >>> readable({"t_loss": 1.23456, "i_loss": 1.0, "intent_accuracy": 0.5})
    'loss 1.235, intent loss 1.000, intent accuracy 0.500'
    """
    shown = [f"{name} {metrics[key]:.3f}" for key, name in _SHOWN.items() if key in metrics]
    if "learning_rate" in metrics:
        shown.append(f"learning rate {metrics['learning_rate']:.2g}")
    return ", ".join(shown)


def readable_ending(summary: TrainingSummary) -> str:
    """Return what is worth saying of how a training ended; nothing if it simply came to its end.

    >>> readable_ending(TrainingSummary({"val_i_acc": 0.5}, 9, best_epoch=4, restored=True))
    'the weights are those of epoch 4, validation intent accuracy 0.500'
    """
    said = []
    if summary.stopped_early:
        said.append(f"stopped after epoch {summary.epochs}, as it got no better")
    if summary.restored:
        said.append(f"the weights are those of epoch {summary.best_epoch}")
    return f"{'; '.join(said)}, {readable(summary.metrics)}" if said else ""
