"""Epochs and batches of a training (behaviour.md 3.3; findings.md 18)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.model_data.feature_array import DenseArray
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.models.rasa_model import RasaModel
from onnlu_train.training_loop import TrainingOptions, train_model


class Line(RasaModel):
    """Learns the slope of a line through the origin, and remembers its batches."""

    def __init__(self) -> None:
        super().__init__(random_seed=3, name="line")
        self.slope = self.add_weight(shape=(), initializer="zeros", name="slope")
        self.seen: list[list[float]] = []
        self.traced = 0

    def batch_loss(self, batch_in: Any, training: bool = False) -> tf.Tensor:
        self.traced += 1
        x, y = batch_in
        noted = tf.ensure_shape(tf.numpy_function(self._note, [x], tf.float32), [])
        return tf.reduce_mean(tf.square(y - self.slope * x)) + 0.0 * noted

    def _note(self, x: np.ndarray) -> np.float32:
        self.seen.append(x.tolist())
        return np.float32(0)


class Progress:
    def __init__(self) -> None:
        self.begun: list[tuple[str, int]] = []
        self.epochs: list[tuple[int, dict[str, float]]] = []

    def begin(self, name: str, epochs: int) -> None:
        self.begun.append((name, epochs))

    def end_of_epoch(self, epoch: int, metrics: dict[str, float]) -> None:
        self.epochs.append((epoch, metrics))


def data(number: int = 10) -> RasaModelData:
    x = np.arange(1, number + 1, dtype=np.float32) / number
    found = RasaModelData()
    found.add_features("line", "x", [DenseArray(x)])
    found.add_features("line", "y", [DenseArray(3 * x)])
    return found


def train(number: int = 10, **options: Any) -> tuple[Line, Progress, dict[str, float]]:
    model, progress = Line(), Progress()
    defaults: dict[str, Any] = {"epochs": 2, "batch_size": 4, "learning_rate": 0.1}
    metrics = train_model(
        model, data(number), TrainingOptions(**{**defaults, **options}), progress=progress
    )
    return model, progress, metrics


def test_a_line_is_learnt():
    model, progress, metrics = train(epochs=60)
    assert float(model.slope) == pytest.approx(3, abs=0.05)
    assert metrics["t_loss"] < progress.epochs[0][1]["t_loss"] / 100


def test_every_epoch_sees_every_example_once_in_an_order_of_its_own():
    model, _, _ = train(epochs=2)
    x = data().get("line", "x")[0].batch(np.arange(10))[0].tolist()
    first, second = model.seen[:3], model.seen[3:]
    for epoch in (first, second):
        assert [len(batch) for batch in epoch] == [4, 4, 2]
        assert sorted(v for batch in epoch for v in batch) == pytest.approx(x)
    assert first != second


# findings.md 18: Keras trains as many batches in every epoch as in the first.
def test_growing_batches_are_all_trained_on():
    model, _, _ = train(batch_size=[2, 6], epochs=3)
    assert [len(batch) for batch in model.seen] == [2] * 5 + [4, 4, 2] + [6, 4]


def test_a_small_last_batch_can_be_left_out():
    model, _, _ = train(9, epochs=1, drop_small_last_batch=True)
    assert [len(batch) for batch in model.seen] == [4, 4]


def test_a_training_is_traced_once():
    model, _, _ = train(batch_size=[2, 6], epochs=3)
    assert model.traced == 1


def test_progress_hears_of_every_epoch():
    _, progress, metrics = train(epochs=3)
    assert progress.begun == [("line", 3)]
    assert [epoch for epoch, _ in progress.epochs] == [1, 2, 3]
    assert progress.epochs[-1][1] == metrics
    assert set(metrics) == {"t_loss"}


def test_metrics_are_those_of_one_epoch():
    _, progress, _ = train(epochs=2, learning_rate=1e-9, batch_size=10)
    x = data().get("line", "x")[0].batch(np.arange(10))[0]
    expected = float(np.mean(np.square(3 * x)))
    for _, metrics in progress.epochs:
        assert metrics["t_loss"] == pytest.approx(expected, rel=1e-3)


def test_further_metrics_are_computed_after_each_epoch():
    model, slopes = Line(), []

    def evaluate(trained: Line) -> dict[str, float]:
        slopes.append(float(trained.slope))
        return {"slope": slopes[-1]}

    options = TrainingOptions(epochs=3, batch_size=5, learning_rate=0.1)
    metrics = train_model(model, data(), options, evaluate=evaluate)
    assert metrics["slope"] == slopes[-1] == float(model.slope)
    assert len(set(slopes)) == 3


def test_two_trainings_of_one_seed_are_equal():
    (one, _, _), (two, _, _) = train(epochs=3), train(epochs=3)
    assert one.seen == two.seen
    assert float(one.slope) == float(two.slope)


def test_the_optimizer_is_adam_with_the_learning_rate():
    model, _, _ = train(learning_rate=0.02)
    assert isinstance(model.optimizer, keras.optimizers.Adam)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.02)
