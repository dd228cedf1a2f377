"""The loop over epochs and batches.

It is our own: Keras fixes the number of steps in the first epoch, and ours differ from epoch to
epoch, as batches grow and labels are balanced.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from onnlu_engine.errors import OnnluException
from onnlu_train.layers.random_numbers import random_numbers_of_step
from onnlu_train.model_data.batches import batch_size_of_epoch, epoch_of_batches
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.tensor_specs import tensor_specs
from onnlu_train.models.rasa_model import RasaModel
from onnlu_train.training.arrays import Arrays, with_prefix
from onnlu_train.training.callbacks import TrainingRun, TrainingSummary
from onnlu_train.training.mixed_precision import mixed_precision
from onnlu_train.training.model_state import model_arrays, restore_model
from onnlu_train.training.monitor import Monitor
from onnlu_train.training.optimizer import make_optimizer
from onnlu_train.training.options import TrainingOptions
from onnlu_train.training.schedule import learning_rate_at
from onnlu_train.training.session import TrainingSession

Metrics = dict[str, float]
Evaluation = Callable[[RasaModel], Metrics]

LEARNING_RATE = "learning_rate"


def train_model(
    model: RasaModel,
    data: RasaModelData,
    options: TrainingOptions,
    *,
    evaluate: Evaluation | None = None,
    validate: Evaluation | None = None,
    session: TrainingSession | None = None,
    node: str | None = None,
) -> Metrics:
    """Train a model; where the session's checkpoint is of this node, go on from there.

    Args:
        model: with weights, trained or not.
        data: the examples.
        options: how to train it.
        evaluate: further metrics of training, computed after each epoch.
        validate: metrics of validation, `val_...`, computed every so many epochs and after the
            last one.
        session: what the models of a fit share; by default this one is alone.
        node: what the session calls it; by default the model's name.

    Returns:
        The metrics of the weights that it ends with: those of the last epoch, or of the best one.

    Raises:
        OnnluException: the training has diverged.
        TrainingInterrupted: the session was asked to end.
        CorruptModelException: the checkpoint cannot be used.
    """
    with mixed_precision(options.mixed_precision):
        loop = _Loop(model, data, options, evaluate, validate)
        return loop.run(session or TrainingSession(), node or model.name)


class _Loop:
    """One training: how far it is, and how it goes on."""

    def __init__(
        self,
        model: RasaModel,
        data: RasaModelData,
        options: TrainingOptions,
        evaluate: Evaluation | None,
        validate: Evaluation | None,
    ) -> None:
        self._model, self._data, self._options = model, data, options
        self._evaluate, self._validate = evaluate, validate
        model.compile(optimizer=make_optimizer(options))
        model.optimizer.build(model.trainable_variables)
        self._specs = tensor_specs(data.signature())
        self._rng = np.random.default_rng(model.random_seed)
        self._rng_of_epoch = self._rng.bit_generator.state
        self._monitor = Monitor(options.monitor, options.patience)
        self._epoch = 0  # epochs that have ended
        self._batch = 0  # batches trained on in the epoch after them
        self._steps = 0  # batches trained on in all epochs
        self._metrics: Metrics = {}
        self._best_metrics: Metrics = {}
        self._best_weights: Arrays = {}

    def run(self, session: TrainingSession, node: str) -> Metrics:
        """Train to the end; for arguments and errors see `train_model`."""
        resumed = session.resumed(node)
        if resumed is not None:
            self._restore(*resumed)
        self._session = session
        self._run = TrainingRun(self._model.name, node, self._model, self._options, self._epoch)
        session.callbacks.tell("begin", self._run)
        try:
            # Traced before signals wait for the end of a step: nothing is learnt yet.
            self._step = _step(self._model, self._specs, self._options.run_eagerly)
            with session.interruption.deferred(), _long_lived_objects_left_alone():
                while self._epoch < self._options.epochs and not self._monitor.exhausted:
                    self._train_epoch()
                    self._end_epoch()
        except KeyboardInterrupt:
            session.callbacks.tell("end", self._summary(interrupted=True))
            raise
        return self._end()

    def _train_epoch(self) -> None:
        options = self._options
        batches = list(
            epoch_of_batches(
                self._data,
                batch_size_of_epoch(options.batch_size, self._epoch, options.epochs),
                self._rng,
                balanced=options.balanced,
                drop_small_last_batch=options.drop_small_last_batch,
                similar_length=not options.as_rasa,
            )
        )
        if self._batch == 0:
            for metric in self._model.metrics:
                metric.reset_state()
        for examples in batches[self._batch :]:
            self._set_learning_rate((self._batch + 0.5) / len(batches))
            # Handed over as they are cut out: a tf.data pipeline took more time than that, and its
            # tuner could hold up the end of an epoch (docs/performance.md).
            self._step(tuple(tf.convert_to_tensor(array) for array in self._data.batch(examples)))
            self._batch += 1
            self._steps += 1
            if self._session.callbacks.want_steps:
                self._session.callbacks.tell("end_of_step", self._steps, self._losses())
            self._pause()

    def _end_epoch(self) -> None:
        metrics = self._losses()
        self._check_is_finite(metrics)
        if self._evaluate is not None:
            metrics |= self._evaluate(self._model)
        self._epoch += 1
        self._batch = 0
        self._rng_of_epoch = self._rng.bit_generator.state
        if self._validate is not None and self._is_validated():
            metrics |= self._validate(self._model)
        self._metrics = metrics
        if self._options.watches and self._monitor.observe(self._epoch, metrics):
            self._best_metrics = metrics
            if self._options.restore_best:
                self._best_weights = self._model.weights_by_name()
        self._session.callbacks.tell("end_of_epoch", self._epoch, metrics)
        self._pause()

    def _check_is_finite(self, losses: Metrics) -> None:
        wrong = [name for name, value in losses.items() if not math.isfinite(value)]
        if wrong:
            raise OnnluException(
                f"{self._model.name} has diverged in epoch {self._epoch + 1}: {', '.join(wrong)} "
                "is no number any more. Lower the learning_rate, or set train.gradient_clipping."
            )

    def _end(self) -> Metrics:
        if self._best_weights:
            self._model.assign_weights(self._best_weights)
        summary = self._summary()
        self._session.callbacks.tell("end", summary)
        self._session.metrics[self._run.node] = dict(summary.metrics)
        return dict(summary.metrics)

    def _is_validated(self) -> bool:
        options = self._options
        return self._epoch % options.evaluate_every == 0 or self._epoch == options.epochs

    def _set_learning_rate(self, share_of_epoch: float) -> None:
        options = self._options
        if options.varies_learning_rate:
            self._model.optimizer.learning_rate = learning_rate_at(
                (self._epoch + share_of_epoch) / options.epochs,
                options.learning_rate,
                options.learning_rate_schedule,
                options.warmup,
            )

    def _losses(self) -> Metrics:
        metrics = {name: float(value) for name, value in self._model.get_metrics_result().items()}
        if self._options.varies_learning_rate:
            metrics[LEARNING_RATE] = float(self._model.optimizer.learning_rate)
        return metrics

    def _summary(self, interrupted: bool = False) -> TrainingSummary:
        restored = bool(self._best_weights) and not interrupted
        return TrainingSummary(
            metrics=self._best_metrics if restored else self._metrics,
            epochs=self._epoch,
            best_epoch=self._monitor.best_epoch,
            restored=restored,
            stopped_early=self._monitor.exhausted and self._epoch < self._options.epochs,
            interrupted=interrupted,
        )

    def _pause(self) -> None:
        self._session.pause(self._run, self._progress(), self._arrays)

    def _progress(self) -> dict[str, Any]:
        return {
            "epoch": self._epoch,
            "batch": self._batch,
            "steps": self._steps,
            "rng_of_epoch": self._rng_of_epoch,
            "metrics": self._metrics,
            "best_metrics": self._best_metrics,
            "monitor": self._monitor.state(),
        }

    def _arrays(self) -> Arrays:
        best = {f"best/{name}": array for name, array in self._best_weights.items()}
        return {**model_arrays(self._model), **best}

    def _restore(self, progress: dict[str, Any], arrays: Arrays) -> None:
        self._epoch, self._batch = progress["epoch"], progress["batch"]
        self._steps = progress["steps"]
        self._rng_of_epoch = progress["rng_of_epoch"]
        # The batches of a half-trained epoch are drawn again, and those behind it left out.
        self._rng.bit_generator.state = self._rng_of_epoch
        self._metrics, self._best_metrics = progress["metrics"], progress["best_metrics"]
        self._monitor.restore(progress["monitor"])
        self._best_weights = with_prefix("best/", arrays)
        restore_model(self._model, arrays)


@contextmanager
def _long_lived_objects_left_alone() -> Iterator[None]:
    """Spare the garbage collector the messages and features that outlive the training.

    It would look through all of them again and again, for a tenth of the training's CPU time.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _step(
    model: RasaModel, specs: tuple[tf.TensorSpec, ...], run_eagerly: bool
) -> Callable[[Any], None]:
    """Return what trains on one batch, traced for batches of any size unless it is to run eagerly.

    Its random numbers are decided by the model's seed and the number of the step.
    """

    def step(batch: Any) -> None:
        with random_numbers_of_step(model.random_seed, model.optimizer.iterations):
            model.update_weights(batch)

    if run_eagerly:
        return step
    function = tf.function(step, input_signature=[specs], jit_compile=False)
    function.get_concrete_function()
    return function
