"""Event files, read back by TensorFlow's reader of records."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from onnlu_train.models.rasa_model import RasaModel
from onnlu_train.training import TrainingOptions, TrainingRun, TrainingSummary
from onnlu_train.training.tensorboard import TensorBoard

Scalars = list[tuple[str, int, float]]


def written(folder: Path, level: str, run: str = "") -> TensorBoard:
    board = TensorBoard(run)
    options = TrainingOptions(epochs=2, batch_size=4, tensorboard=folder, tensorboard_level=level)
    board.begin(TrainingRun("diet", "train_DIET3", RasaModel(random_seed=0), options))
    for epoch in (1, 2):
        for step in (2 * epoch - 1, 2 * epoch):
            if board.wants_steps:
                board.end_of_step(step, {"t_loss": 10.0 - step})
        board.end_of_epoch(epoch, {"t_loss": 1.0 / epoch, "val_i_acc": 0.25 * epoch})
    board.end(TrainingSummary({}, 2))
    return board


def scalars(folder: Path) -> Scalars:
    (file,) = folder.iterdir()
    events = [
        tf.compat.v1.Event.FromString(record.numpy()) for record in tf.data.TFRecordDataset(file)
    ]
    return [
        (value.tag, event.step, value.simple_value)
        for event in events
        for value in event.summary.value
    ]


def test_epochs_are_written_in_a_folder_for_each_model(tmp_path: Path):
    written(tmp_path, "epoch")
    assert scalars(tmp_path / "train_DIET3") == [
        ("train/t_loss", 1, 1.0),
        ("validation/i_acc", 1, 0.25),
        ("train/t_loss", 2, 0.5),
        ("validation/i_acc", 2, 0.5),
    ]


def test_several_trainings_share_a_directory(tmp_path: Path):
    """Curves of one folder would be drawn as one."""
    for run in ("fold-1", "fold-2"):
        written(tmp_path, "epoch", run)
        assert len(scalars(tmp_path / run / "train_DIET3")) == 4


def test_batches_are_written_on_request(tmp_path: Path):
    written(tmp_path, "batch")
    found = scalars(tmp_path / "train_DIET3")
    assert [(step, value) for tag, step, value in found if tag == "train/t_loss"] == [
        (1, 9.0),
        (2, 8.0),
        (2, 1.0),
        (3, 7.0),
        (4, 6.0),
        (4, 0.5),
    ]
    assert [step for tag, step, _ in found if tag == "validation/i_acc"] == [2, 4]


def test_a_model_without_a_directory_writes_nothing(tmp_path: Path):
    board = TensorBoard()
    options = TrainingOptions(epochs=1, batch_size=4)
    board.begin(TrainingRun("diet", "diet", RasaModel(random_seed=0), options))
    assert not board.wants_steps
    board.end_of_epoch(1, {"t_loss": 1.0})
    board.end(TrainingSummary({}, 1))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("level", "expected"), [("epoch", False), ("batch", True)])
def test_it_wants_steps_only_to_write_them(tmp_path: Path, level: str, expected: bool):
    assert written(tmp_path, level).wants_steps is expected
