"""The loop over epochs and batches.

It is our own: Keras fixes the number of steps in the first epoch, and ours differ from epoch to
epoch, as batches grow and labels are balanced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from onnlu_train.layers.random_numbers import random_numbers_of_step
from onnlu_train.model_data.batches import batch_size_of_epoch, epoch_of_batches
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.signature import tensor_specs
from onnlu_train.models.rasa_model import RasaModel
from onnlu_train.optimizer import LazyAdam

Metrics = dict[str, float]


@dataclass(frozen=True)
class TrainingOptions:
    """How a model is trained.

    Attributes:
        epochs: passes over the data.
        batch_size: examples a batch; [first, last] grows linearly over the epochs.
        balanced: keep each label's share in every batch.
        drop_small_last_batch: leave the last batch out if it is less than half full.
        learning_rate: of Adam.
    """

    epochs: int
    batch_size: int | list[int]
    balanced: bool = True
    drop_small_last_batch: bool = False
    learning_rate: float = 0.001


class TrainingProgress(Protocol):
    """Is told how a training goes."""

    def begin(self, name: str, epochs: int) -> None:
        """A model starts to train."""

    def end_of_epoch(self, epoch: int, metrics: Metrics) -> None:
        """An epoch has ended; `metrics` are its losses and scores."""


class NoProgress:
    """Tells nobody."""

    def begin(self, name: str, epochs: int) -> None:
        """Do nothing."""

    def end_of_epoch(self, epoch: int, metrics: Metrics) -> None:
        """Do nothing."""


def train_model(
    model: RasaModel,
    data: RasaModelData,
    options: TrainingOptions,
    *,
    progress: TrainingProgress | None = None,
    evaluate: Callable[[RasaModel], Metrics] = lambda model: {},
) -> Metrics:
    """Train a model.

    Args:
        model: with weights, trained or not.
        data: the examples.
        options: epochs, batches, learning rate.
        progress: is told the metrics of each epoch.
        evaluate: further metrics, computed after each epoch.

    Returns:
        The metrics of the last epoch.
    """
    progress = progress or NoProgress()
    model.compile(optimizer=LazyAdam(options.learning_rate))
    model.optimizer.build(model.trainable_variables)
    specs = tensor_specs(data.signature())
    step = tf.function(_random_step(model), input_signature=[specs], jit_compile=False)
    rng = np.random.default_rng(model.random_seed)
    metrics: Metrics = {}
    progress.begin(model.name, options.epochs)
    for epoch in range(options.epochs):
        for metric in model.metrics:
            metric.reset_state()
        size = batch_size_of_epoch(options.batch_size, epoch, options.epochs)
        for batch in _prefetched(data, specs, size, options, rng):
            step(batch)
        metrics = {name: float(value) for name, value in model.get_metrics_result().items()}
        metrics |= evaluate(model)
        progress.end_of_epoch(epoch + 1, metrics)
    return metrics


def _random_step(model: RasaModel) -> Callable[[Any], None]:
    """Return the model's train step, with random numbers that its seed and its number decide."""

    def step(batch: Any) -> None:
        with random_numbers_of_step(model.random_seed, model.optimizer.iterations):
            model.train_step(batch)  # its metrics are not wanted, and so never computed

    return step


def _prefetched(
    data: RasaModelData,
    specs: tuple[tf.TensorSpec, ...],
    batch_size: int,
    options: TrainingOptions,
    rng: np.random.Generator,
) -> Any:
    """Return the batches of one epoch; the next ones are cut out while one is trained on."""

    def batches() -> Iterator[tuple[npt.NDArray[np.generic], ...]]:
        for examples in epoch_of_batches(
            data,
            batch_size,
            rng,
            balanced=options.balanced,
            drop_small_last_batch=options.drop_small_last_batch,
        ):
            yield data.batch(examples)

    return tf.data.Dataset.from_generator(batches, output_signature=specs).prefetch(2)
