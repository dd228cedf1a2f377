"""How a fit goes: bars on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from onnlu.cli.output import say
from onnlu_engine import ExecutionContext
from onnlu_engine.node_times import TimingHook
from onnlu_train.training.callbacks import TrainingCallback, TrainingRun, TrainingSummary

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SECONDS_BETWEEN_LINES = 10.0
QUICK_NODE = 1.0  # seconds below which the time of a node is of no interest

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
    "val_r_f1": "validation role F1",
    "val_g_f1": "validation group F1",
}


class FitProgress(TrainingCallback, TimingHook):
    """Is told of the nodes of a train graph, and of the models that some of them train."""


@contextmanager
def progress_on_stderr() -> Iterator[FitProgress]:
    """Yield what shows the progress of a fit on stderr."""
    if not sys.stderr.isatty():
        yield PlainProgress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.fields[epochs]}"),
        # What a narrow terminal has no room for is cut off here.
        TextColumn("{task.fields[metrics]}", table_column=Column(ratio=1, no_wrap=True)),
    )
    with Progress(*columns, console=Console(stderr=True), expand=True) as bar:
        yield BarProgress(bar)


class PlainProgress(FitProgress):
    """Says how models train, at most every ten seconds and at their end, and what took its time.

    Args:
        clock: the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)

    def node_ended(self, node_name: str, seconds: float) -> None:
        """Say what a node took, unless it was quick."""
        if seconds >= QUICK_NODE:
            say(f"{node_name}: {seconds:.1f} s")

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


class BarProgress(FitProgress):
    """Shows a bar for each node that runs, with the epochs of the model that it trains.

    Bars of nodes that took their time stay, with that time; those of quick ones go.

    Args:
        bar: shows the fields `epochs` and `metrics`.
        clock: the time in seconds.
    """

    def __init__(self, bar: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._bar = bar
        self._rows: dict[str, TaskID] = {}

    def on_before_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        received_inputs: dict[str, Any],
    ) -> dict[str, Any]:
        """Show that a node runs."""
        self._rows[node_name] = self._bar.add_task(node_name, total=None, epochs="", metrics="")
        return super().on_before_node(node_name, execution_context, config, received_inputs)

    def node_ended(self, node_name: str, seconds: float) -> None:
        """Show that a node is done."""
        row = self._rows.pop(node_name)
        if seconds < QUICK_NODE:
            self._bar.remove_task(row)
        else:
            self._bar.update(row, total=1, completed=1)

    def begin(self, run: TrainingRun) -> None:
        """A model starts to train."""
        self._metrics: dict[str, float] = {}
        self._epochs = run.options.epochs
        if run.node not in self._rows:
            self._rows[run.node] = self._bar.add_task(run.name, epochs="", metrics="")
        self._row = self._rows[run.node]
        self._show(run.epochs_done, "")

    def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """An epoch has ended."""
        self._metrics |= metrics
        self._show(epoch, readable(self._metrics))

    def end(self, summary: TrainingSummary) -> None:
        """The training has ended."""
        ending = readable_ending(summary)
        if ending:
            self._bar.update(self._row, metrics=ending)

    def _show(self, epoch: int, metrics: str) -> None:
        total = self._epochs
        epochs = f"epoch {epoch}/{total}"
        self._bar.update(self._row, total=total, completed=epoch, epochs=epochs, metrics=metrics)


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
