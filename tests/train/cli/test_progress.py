"""What a user sees of a training."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from onnlu_engine import ExecutionContext, GraphSchema
from onnlu_train.cli.progress import BarProgress, FitProgress, PlainProgress
from onnlu_train.models.rasa_model import RasaModel
from onnlu_train.training import TrainingCallback, TrainingOptions, TrainingRun, TrainingSummary

Metrics = Mapping[str, float]
TRAINING: Metrics = {"t_loss": 1.5, "intent_accuracy": 0.25, "learning_rate": 0.0005}
VALIDATION: Metrics = {"val_loss": 2.0, "val_i_acc": 0.75, "val_score": 0.75}


def told(progress: TrainingCallback, run: TrainingRun, summary: TrainingSummary) -> None:
    progress.begin(run)
    progress.end_of_epoch(1, {**TRAINING, **VALIDATION})
    progress.end_of_epoch(2, TRAINING)
    progress.end(summary)


def run_of(epochs: int, epochs_done: int = 0) -> TrainingRun:
    options = TrainingOptions(epochs=epochs, batch_size=4)
    return TrainingRun("diet", "train_DIET3", RasaModel(random_seed=0), options, epochs_done)


def test_lines_show_the_last_validation_and_the_learning_rate(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told(PlainProgress(lambda: 0.0), run_of(2), TrainingSummary(TRAINING, 2))
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "diet: epoch 2/2, loss 1.500, intent accuracy 0.250, validation loss 2.000, "
        "validation intent accuracy 0.750, learning rate 0.0005"
    )


def test_lines_show_entities_with_roles_and_groups_too(capsys: pytest.CaptureFixture[str]) -> None:
    progress = PlainProgress(lambda: 0.0)
    progress.begin(run_of(1))
    progress.end_of_epoch(1, {"val_e_f1": 0.75, "val_r_f1": 0.5, "val_g_f1": 0.25})
    assert capsys.readouterr().err.endswith(
        "validation entity F1 0.750, validation role F1 0.500, validation group F1 0.250\n"
    )


def test_lines_come_at_most_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 9.0, 12.0, 15.0])
    progress = PlainProgress(lambda: next(times))
    progress.begin(run_of(9))
    for epoch in (1, 2, 3):
        progress.end_of_epoch(epoch, TRAINING)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("diet: epoch 2/9")


def test_an_early_end_and_restored_weights_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    summary = TrainingSummary(
        {"val_i_acc": 0.5}, 2, best_epoch=1, restored=True, stopped_early=True
    )
    told(PlainProgress(lambda: 0.0), run_of(2), summary)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "diet: stopped after epoch 2, as it got no better; the weights are those of epoch 1, "
        "validation intent accuracy 0.500"
    )


def test_a_bar_goes_on_where_the_training_does() -> None:
    text = io.StringIO()
    with Progress(
        TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[metrics]}"),
        console=Console(file=text, force_terminal=True, width=200),
    ) as bar:
        progress = BarProgress(bar)
        progress.begin(run_of(2, epochs_done=1))
        bar.refresh()
        assert bar.tasks[0].completed == 1
        progress.end_of_epoch(2, {**TRAINING, **VALIDATION})
    assert "2/2 loss 1.500" in text.getvalue()
    assert "validation loss 2.000" in text.getvalue()


def ran(progress: FitProgress, node: str, between: Callable[[], object] = lambda: None) -> None:
    context = ExecutionContext(GraphSchema({}))
    data = progress.on_before_node(node, context, {}, {})
    between()
    progress.on_after_node(node, context, {}, None, data)


def test_lines_name_the_nodes_that_took_their_time(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 0.5, 10.0, 12.34])
    progress = PlainProgress(lambda: next(times))
    ran(progress, "run_tokenizer")
    ran(progress, "train_featurizer")
    assert capsys.readouterr().err.splitlines() == ["train_featurizer: 2.3 s"]


def test_a_bar_of_a_node_shows_the_model_that_it_trains_and_stays() -> None:
    times = iter([0.0, 0.5, 10.0, 12.34])
    with Progress(console=Console(file=io.StringIO())) as bar:
        progress = BarProgress(bar, lambda: next(times))
        shown: list[str] = []
        ran(progress, "run_tokenizer", lambda: shown.append(bar.tasks[0].description))
        assert (shown, bar.tasks) == (["run_tokenizer"], [])

        def train() -> None:
            assert bar.tasks[0].total is None
            told(progress, run_of(2), TrainingSummary(TRAINING, 2))
            assert (bar.tasks[0].completed, bar.tasks[0].total) == (2, 2)

        ran(progress, "train_DIET3", train)
        (task,) = bar.tasks
        assert (task.description, task.fields["epochs"]) == ("train_DIET3", "epoch 2/2")
        assert task.finished
