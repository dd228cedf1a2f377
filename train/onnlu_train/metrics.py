"""Scores on a fixed sample of the training data: a train step decodes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from onnlu.decoding.tags import TagSpec
from onnlu_train.model_data.keys import LENGTHS
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.models.outputs import flattened
from onnlu_train.models.rasa_model import RasaModel

SAMPLE_SIZE = 256
BATCH_SIZE = 64


class SampleMetrics:
    """Accuracy of labels, and F1 of the tags of each kind, on the same sample after each epoch.

    Args:
        data: the training data.
        labels: names of the labels; empty without labels.
        tag_specs: kinds of tags.
        random_seed: chooses the sample.
        label_name: what a label is, as the model's output calls it.
    """

    def __init__(
        self,
        data: RasaModelData,
        labels: Sequence[str],
        tag_specs: Sequence[TagSpec],
        random_seed: int,
        label_name: str = "intent",
    ) -> None:
        self._label_name = label_name
        order = np.random.default_rng(random_seed).permutation(data.number_of_examples)
        chosen = np.sort(order[:SAMPLE_SIZE])
        sample = data.take(chosen)
        self._texts = RasaModelData(data={"text": sample.data["text"]})
        self._lengths = sample.get("text", LENGTHS)[0].batch(np.arange(len(chosen)))[0]
        self._label_ids = sample.label_ids() if labels else None
        self._tags = {
            spec.name: sample.get("entities", spec.name)[0].batch(np.arange(len(chosen)))[0][
                :, :, 0
            ]
            for spec in tag_specs
        }

    def __call__(self, model: RasaModel) -> dict[str, float]:
        """Return the scores of a model: `intent_accuracy`, `entity_f1`, ..."""
        outputs = flattened(model.run_inference(self._texts, BATCH_SIZE))
        scores = {}
        if self._label_ids is not None:
            predicted = outputs[f"{self._label_name}.confidences"].argmax(axis=1)
            accuracy = float(np.mean(predicted == self._label_ids))
            scores[f"{self._label_name}_accuracy"] = accuracy
        for name, tags in self._tags.items():
            scores[f"{name}_f1"] = tag_f1(outputs[f"{name}.tags"], tags, self._lengths)
        return scores


def tag_f1(
    predicted: npt.NDArray[Any], right: npt.NDArray[Any], lengths: npt.NDArray[Any]
) -> float:
    """Return the micro-averaged F1 of all tags but 0, on the tokens in use.

    >>> tag_f1(np.array([[1, 2, 0]]), np.array([[1, 0, 3]]), np.array([2]))
    0.6666666666666666
    """
    in_use = np.arange(right.shape[1]) < lengths[:, None]
    hits = int(np.sum((predicted == right) & (right > 0) & in_use))
    found, wanted = int(np.sum((predicted > 0) & in_use)), int(np.sum((right > 0) & in_use))
    return 2 * hits / (found + wanted) if found + wanted else 1.0
