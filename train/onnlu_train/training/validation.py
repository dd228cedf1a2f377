"""Metrics on examples that a model is not trained on, decoded as in serving."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import tensorflow as tf

from onnlu.decoding.tags import ENTITY, KINDS
from onnlu.message import ENTITIES, TEXT, Message
from onnlu_train.layers.random_numbers import random_numbers_of_step
from onnlu_train.model_data.labelling import Labelling
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.tensor_specs import tensor_specs
from onnlu_train.models.rasa_model import RasaModel
from onnlu_train.training.monitor import METRICS, VALIDATION, VALIDATION_LOSS, VALIDATION_SCORE

BATCH_SIZE: Final = 64

Span = tuple[Any, ...]


class ValidationMetrics:
    """Accuracy of labels, F1 of entities by exact span, and losses.

    `val_i_acc` of intents, `val_r_acc` of responses; `val_e_f1` and, where the model knows them,
    `val_r_f1` and `val_g_f1`; `val_score`, the mean of these; `val_loss` and the losses that it is
    the sum of.

    Args:
        examples: featurized messages with what is right.
        annotate: sets labels and entities on messages, in place, as a service does.
        data: the same examples as the model is trained on them, or those of which it can learn.
        labelling: the labels that count; None for none.
        kinds: kinds of tags that count.
    """

    def __init__(
        self,
        examples: Sequence[Message],
        annotate: Callable[[list[Message]], object],
        data: RasaModelData,
        *,
        labelling: Labelling | None,
        kinds: Sequence[str],
    ) -> None:
        self._examples = list(examples)
        self._annotate = annotate
        self._data = data
        self._labelling = labelling
        self._kinds = [kind for kind in KINDS if kind in kinds]
        self._loss_step: Any = None

    def __call__(self, model: RasaModel) -> dict[str, float]:
        """Return the metrics of a model as it is now."""
        predicted = [Message({TEXT: m.data[TEXT]}, m.tokens, m.features) for m in self._examples]
        self._annotate(predicted)
        scores = {}
        if self._labelling is not None:
            metric = f"{self._labelling.name[0]}_acc"
            scores[metric] = _accuracy(predicted, self._examples, self._labelling)
        for kind in self._kinds:
            found, wanted = _spans(predicted, kind), _spans(self._examples, kind)
            scores[f"{kind[0]}_f1"] = micro_f1(found, wanted)
        named = {f"{VALIDATION}{name}": score for name, score in scores.items()}
        mean = sum(scores.values()) / len(scores)
        return {**named, VALIDATION_SCORE: mean, **self._losses(model)}

    def _losses(self, model: RasaModel) -> dict[str, float]:
        """Return the means over all examples; what is drawn at random is the same each time.

        The regularisation is left out: it says nothing of these examples.
        """
        if self._loss_step is None:
            self._loss_step = _traced_loss(model, self._data)
        count = self._data.number_of_examples
        sums: defaultdict[str, float] = defaultdict(float)
        for number, start in enumerate(range(0, count, BATCH_SIZE)):
            examples = np.arange(start, min(start + BATCH_SIZE, count))
            for metric in model.metrics:
                metric.reset_state()
            batch = tuple(tf.constant(tensor) for tensor in self._data.batch(examples))
            for name, value in self._loss_step(batch, tf.constant(number, tf.int64)).items():
                sums[name] += float(value) * len(examples)
        return {name: total / count for name, total in sums.items()}


def micro_f1(found: Sequence[set[Span]], wanted: Sequence[set[Span]]) -> float:
    """Return the micro-averaged F1 of spans, text by text; 1 where there are none at all.

    >>> micro_f1([{(0, 4, "city")}, set()], [{(0, 4, "city")}, {(3, 7, "city")}])
    0.6666666666666666
    """
    hits = sum(len(one & other) for one, other in zip(found, wanted, strict=True))
    total = sum(map(len, found)) + sum(map(len, wanted))
    return 2 * hits / total if total else 1.0


def _accuracy(
    predicted: Sequence[Message], examples: Sequence[Message], labelling: Labelling
) -> float:
    """Return the share of right labels."""
    pairs = zip(predicted, examples, strict=True)
    return float(np.mean([labelling.found(one) == labelling.right(other) for one, other in pairs]))


def _spans(messages: Sequence[Message], kind: str) -> list[set[Span]]:
    """Return start, end and type of each entity; of roles or groups those that have one."""
    keys = ("start", "end", ENTITY) if kind == ENTITY else ("start", "end", ENTITY, kind)
    return [
        {
            tuple(entity[key] for key in keys)
            for entity in message.get(ENTITIES, ())
            if entity.get(kind)
        }
        for message in messages
    ]


def _traced_loss(model: RasaModel, data: RasaModelData) -> Any:
    def step(batch: Any, number: tf.Tensor) -> dict[str, tf.Tensor]:
        with random_numbers_of_step(model.random_seed, number):
            losses = {VALIDATION_LOSS: model.batch_loss(batch, training=False)}
        for metric in model.metrics:
            # Others belong to training alone: nothing is masked in validation.
            if f"{VALIDATION}{metric.name}" in METRICS and metric.name.endswith("_loss"):
                losses[f"{VALIDATION}{metric.name}"] = metric.result()
        return losses

    signature = [tensor_specs(data.signature()), tf.TensorSpec([], tf.int64)]
    return tf.function(step, input_signature=signature, jit_compile=False)
