"""Epochs, batches, and what steers them (behaviour.md 3.3; findings.md 18)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from onnlu_engine.errors import OnnluException
from onnlu_train.model_data.feature_array import DenseArray
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.models.rasa_model import RasaModel
from onnlu_train.training import TrainingCallback, TrainingOptions, TrainingRun, TrainingSummary
from onnlu_train.training.loop import train_model
from onnlu_train.training.session import TrainingSession


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


class Progress(TrainingCallback):
    def __init__(self, wants_steps: bool = False) -> None:
        self.wants_steps = wants_steps
        self.begun: list[TrainingRun] = []
        self.steps: list[tuple[int, float]] = []
        self.epochs: list[tuple[int, Mapping[str, float]]] = []
        self.ended: list[TrainingSummary] = []

    def begin(self, run: TrainingRun) -> None:
        self.begun.append(run)

    def end_of_step(self, step: int, metrics: Mapping[str, float]) -> None:
        self.steps.append((step, metrics["t_loss"]))

    def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        self.epochs.append((epoch, metrics))

    def end(self, summary: TrainingSummary) -> None:
        self.ended.append(summary)


def data(number: int = 10) -> RasaModelData:
    x = np.arange(1, number + 1, dtype=np.float32) / number
    found = RasaModelData()
    found.add_features("line", "x", [DenseArray(x)])
    found.add_features("line", "y", [DenseArray(3 * x)])
    return found


def train(number: int = 10, **options: Any) -> tuple[Line, Progress, dict[str, float]]:
    model, progress = Line(), Progress(wants_steps=True)
    defaults: dict[str, Any] = {"epochs": 2, "batch_size": 4, "learning_rate": 0.1}
    metrics = train_model(
        model,
        data(number),
        TrainingOptions(**{**defaults, **options}),
        session=TrainingSession(callbacks=[progress]),
    )
    return model, progress, metrics


def test_a_line_is_learnt():
    model, progress, metrics = train(epochs=60)
    assert float(model.slope) == pytest.approx(3, abs=0.05)
    assert metrics["t_loss"] < progress.epochs[0][1]["t_loss"] / 100


def test_a_training_that_diverges_ends_with_what_to_change():
    with pytest.raises(OnnluException) as caught:
        train(epochs=3, learning_rate=1e38)
    assert "line has diverged in epoch" in str(caught.value)
    assert "learning_rate" in str(caught.value)


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


def test_a_training_that_runs_eagerly_is_not_traced_and_learns_the_same():
    traced, _, _ = train(batch_size=4, epochs=2)
    eager, _, _ = train(batch_size=4, epochs=2, run_eagerly=True)
    assert eager.traced == len(eager.seen) > 2
    np.testing.assert_allclose(eager.slope, traced.slope, rtol=1e-5)


def test_progress_hears_of_every_epoch():
    model, progress, metrics = train(epochs=3)
    (run,) = progress.begun
    assert run.model is model
    assert (run.name, run.node, run.options.epochs, run.epochs_done) == ("line", "line", 3, 0)
    assert progress.ended == [TrainingSummary(metrics, 3)]
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


def test_steps_are_told_with_the_means_of_their_epoch():
    _, progress, metrics = train(epochs=2)
    assert [step for step, _ in progress.steps] == [1, 2, 3, 4, 5, 6]
    assert progress.steps[2][1] == progress.epochs[0][1]["t_loss"]
    assert progress.steps[5][1] == metrics["t_loss"]


def test_steps_are_not_told_to_those_who_do_not_want_them():
    progress = Progress()
    options = TrainingOptions(epochs=1, batch_size=4)
    train_model(Line(), data(), options, session=TrainingSession(callbacks=[progress]))
    assert progress.steps == []


def test_the_learning_rate_follows_its_schedule():
    rates: list[float] = []

    class Rates(TrainingCallback):
        wants_steps = True

        def end_of_step(self, step: int, metrics: Mapping[str, float]) -> None:
            rates.append(metrics["learning_rate"])

    options = TrainingOptions(
        epochs=4, batch_size=5, learning_rate=1.0, learning_rate_schedule="linear", warmup=0.5
    )
    train_model(Line(), data(), options, session=TrainingSession(callbacks=[Rates()]))
    assert rates == pytest.approx([0.125, 0.375, 0.625, 0.875, 0.875, 0.625, 0.375, 0.125])


def test_a_clipped_gradient_moves_as_far_as_a_small_one():
    """Adam divides by the size of the gradient; its epsilon shows that the gradient is small."""
    model, _, _ = train(epochs=1, batch_size=10, gradient_clipping=1e-9)
    free, _, _ = train(epochs=1, batch_size=10)
    assert float(free.slope) == pytest.approx(0.1, rel=1e-3)
    assert 0 < float(model.slope) < 0.01


def falling_then_rising(epochs: list[int]) -> Callable[[RasaModel], dict[str, float]]:
    """A validation whose loss is lowest in the third epoch."""

    def validate(model: RasaModel) -> dict[str, float]:
        epochs.append(len(epochs) + 1)
        return {"val_loss": abs(len(epochs) - 3.0), "slope": float(model.slope)}

    return validate


def validated(**options: Any) -> tuple[Line, list[int], dict[str, float], Progress]:
    model, epochs, progress = Line(), list[int](), Progress()
    metrics = train_model(
        model,
        data(),
        TrainingOptions(**{"epochs": 8, "batch_size": 5, "monitor": "val_loss", **options}),
        validate=falling_then_rising(epochs),
        session=TrainingSession(callbacks=[progress]),
    )
    return model, epochs, metrics, progress


def test_patience_ends_a_training():
    _, epochs, metrics, progress = validated(patience=2)
    assert epochs == [1, 2, 3, 4, 5]
    assert metrics["val_loss"] == 2
    assert progress.ended == [TrainingSummary(metrics, 5, best_epoch=3, stopped_early=True)]


def test_the_best_weights_are_kept():
    model, epochs, metrics, progress = validated(restore_best=True)
    assert len(epochs) == 8
    assert metrics["val_loss"] == 0
    assert float(model.slope) == metrics["slope"] != progress.epochs[-1][1]["slope"]
    assert progress.ended == [TrainingSummary(metrics, 8, best_epoch=3, restored=True)]


def test_without_being_asked_a_training_keeps_its_last_weights():
    model, _, metrics, progress = validated()
    assert metrics == progress.epochs[-1][1]
    assert float(model.slope) == metrics["slope"]


@pytest.mark.parametrize(("every", "expected"), [(1, 8), (3, 3), (8, 1), (20, 1)])
def test_a_training_is_validated_every_so_many_epochs_and_at_its_end(every: int, expected: int):
    _, epochs, metrics, _ = validated(evaluate_every=every)
    assert len(epochs) == expected
    assert "val_loss" in metrics


def test_a_callback_that_fails_is_warned_of_and_dropped(caplog: pytest.LogCaptureFixture):
    told: list[int] = []

    class Broken(TrainingCallback):
        def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
            told.append(epoch)
            raise ConnectionError("no server")

    options = TrainingOptions(epochs=3, batch_size=5)
    train_model(Line(), data(), options, session=TrainingSession(callbacks=[Broken()]))
    assert told == [1]
    assert "Broken failed at end_of_epoch with ConnectionError: no server" in caplog.text


def test_scaling_the_loss_changes_nothing_in_float32():
    """Mixed precision scales by powers of two, which float32 takes back exactly."""
    plain, _, _ = train(epochs=3)
    scaled, _, _ = train(epochs=3, mixed_precision=True)
    assert isinstance(scaled.optimizer, keras.optimizers.LossScaleOptimizer)
    assert float(scaled.slope) == pytest.approx(float(plain.slope), rel=1e-6)
    assert not tf.config.optimizer.get_experimental_options().get("auto_mixed_precision", False)
