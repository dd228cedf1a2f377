"""Scores on the fixed sample (behaviour.md 3.7 "F1 metric": micro F1 without tag 0)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from onnlu.decoding.tags import TagSpec
from onnlu_train.metrics import SAMPLE_SIZE, SampleMetrics, tag_f1
from onnlu_train.model_data.feature_array import DenseArray, RaggedArray
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.models.rasa_model import RasaModel

LABELS = ["a", "b", "c"]
ENTITY = TagSpec("entity", ("O", "city", "day"), bilou=False)


@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=5), min_size=1))
def test_f1_is_that_of_scikit_learn(texts: list[list[tuple[int, int]]]):
    lengths = np.array([len(text) for text in texts])
    # Beyond a text's length anything may stand.
    predicted, right = np.full((2, len(texts), 6), 3)
    for number, text in enumerate(texts):
        for place, (ours, theirs) in enumerate(text):
            predicted[number, place], right[number, place] = ours, theirs
    pairs = [pair for text in texts for pair in text]
    expected = (
        f1_score(
            [theirs for _, theirs in pairs],
            [ours for ours, _ in pairs],
            labels=[1, 2, 3],
            average="micro",
            zero_division=1.0,
        )
        if pairs
        else 1.0
    )
    assert tag_f1(predicted, right, lengths) == pytest.approx(expected)


class Copying(RasaModel):
    """Predicts what stands in its input: label and tags of every token."""

    def __init__(self, data: RasaModelData, label_name: str = "intent") -> None:
        self.label_name = label_name
        super().__init__(random_seed=0, predict_data_signature={"text": data.signature()["text"]})

    def batch_predict(self, batch_in: Any) -> dict[str, Any]:
        label, _, tags = batch_in
        return {
            self.label_name: {"confidences": tf.one_hot(label, len(LABELS))},
            "entity": {"tags": tf.cast(tags[:, :, 0], tf.int32)},
        }


def data(right: list[int], guessed: list[int], tags: list[list[int]]) -> RasaModelData:
    """Data whose `text.label` and `text.tags` are what the model will predict."""
    found = RasaModelData("label", "ids")
    rows = [np.array(t, np.int32)[:, None] for t in tags]
    found.add_features("label", "ids", [DenseArray(np.array(right, np.int32))])
    found.add_features("entities", "entity", [RaggedArray.from_matrices(rows)])
    found.add_features("text", "label", [DenseArray(np.array(guessed, np.int32))])
    lengths = np.array([len(t) for t in tags], np.int64)
    found.add_features("text", "lengths", [DenseArray(lengths)])
    found.add_features("text", "tags", [RaggedArray.from_matrices(rows)])
    found.sort()
    return found


def test_right_predictions_score_one():
    sample = data([0, 1, 2], [0, 1, 2], [[1, 0], [2], [0, 0, 1]])
    scores = SampleMetrics(sample, LABELS, [ENTITY], 0)(Copying(sample))
    assert scores == {"intent_accuracy": 1.0, "entity_f1": 1.0}


def test_accuracy_is_the_share_of_right_intents():
    sample = data([0, 1, 2, 2], [0, 0, 0, 2], [[0]] * 4)
    assert SampleMetrics(sample, LABELS, [], 0)(Copying(sample)) == {"intent_accuracy": 0.5}


def test_accuracy_is_called_after_what_a_label_is():
    sample = data([0, 1, 2], [0, 1, 0], [[0]] * 3)
    model = Copying(sample, "response")
    scores = SampleMetrics(sample, LABELS, [], 0, "response")(model)
    assert scores == {"response_accuracy": pytest.approx(2 / 3)}


def test_models_without_intents_have_no_accuracy():
    sample = data([0], [0], [[1]])
    assert set(SampleMetrics(sample, [], [ENTITY], 0)(Copying(sample))) == {"entity_f1"}


def test_large_data_are_sampled_and_the_seed_chooses():
    number = 4 * SAMPLE_SIZE
    guessed = np.arange(number) % 2
    many = data([0] * number, guessed.tolist(), [[0]] * number)

    def score(seed: int) -> float:
        return SampleMetrics(many, LABELS, [], seed)(Copying(many))["intent_accuracy"]

    assert score(1) == score(1)
    assert len({score(seed) for seed in range(5)}) > 1
    assert score(1) * SAMPLE_SIZE == pytest.approx(round(score(1) * SAMPLE_SIZE))
