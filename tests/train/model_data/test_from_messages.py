"""Behaviour of "label ids", "label features" and the features of texts (behaviour.md 3.2, 3.9)."""

from __future__ import annotations

import numpy as np
import pytest

from onnlu.decoding.tags import tag_specs
from onnlu.features import Features
from onnlu.message import Message, Token
from onnlu.sparse import SparseMatrix
from onnlu_train.model_data.from_messages import (
    identity_label_data,
    label_data,
    text_data,
    training_data,
)

WIDTH = 6


def message(text: str, intent: str | None = None, entities: tuple[str, ...] = ()) -> Message:
    """A message whose token features are its tokens' lengths, and one more from another origin."""
    words = text.split()
    starts = [text.index(word) for word in words]
    tokens = [Token(w, s, s + len(w)) for w, s in zip(words, starts, strict=True)]
    data = {"text": text, "entities": []}
    if intent:
        data["intent"] = intent
    data["entities"] = [
        {"entity": "thing", "start": t.start, "end": t.end, "value": t.text}
        for t in tokens
        if t.text in entities
    ]
    columns = [[min(len(word), WIDTH - 1)] for word in words]
    sentence = [sorted({c for row in columns for c in row})]
    features = [
        Features(SparseMatrix.from_row_columns(columns, WIDTH), "sequence", "text", "a"),
        Features(SparseMatrix.from_row_columns(sentence, WIDTH), "sentence", "text", "a"),
        Features(SparseMatrix.from_row_columns([[0]] * len(words), 2), "sequence", "text", "b"),
        Features(SparseMatrix.from_row_columns([[0]], 2), "sentence", "text", "b"),
    ]
    return Message(data, {"text": tokens}, features)


def with_intent_features(messages: list[Message], columns: dict[str, int]) -> list[Message]:
    for m in messages:
        matrix = SparseMatrix.from_row_columns([[columns[m.data["intent"]]]], len(columns))
        m.features.append(Features(matrix, "sequence", "intent", "a"))
    return messages


def test_texts_become_lengths_sentence_and_sequence_in_this_order():
    data = text_data([message("to be"), message("or")])
    assert list(data.data["text"]) == ["lengths", "sentence", "sequence"]
    assert data.get("text", "lengths")[0].batch(np.arange(2))[0].tolist() == [2, 1]
    assert data.get("text", "sequence")[0].units == WIDTH + 2


def test_only_the_chosen_featurizers_count():
    assert text_data([message("to be")], ["b"]).get("text", "sequence")[0].units == 2


def test_no_messages_are_empty_data():
    assert text_data([]).is_empty()


def test_labels_become_ids_in_the_order_of_the_labels():
    messages = [message("a", "yes"), message("b", "no"), message("c", "yes")]
    data = training_data(messages, ["no", "yes"], [])
    assert data.label_ids().tolist() == [1, 0, 1]
    assert data.label_ids().dtype == np.int64
    assert data.get("label", "ids")[0].signature.dtype == "int32"
    assert "entities" not in data.data


def test_tags_become_one_column_a_token():
    specs = tag_specs(["thing"], [], [], bilou=True)
    data = training_data([message("buy milk now", entities=("milk",)), message("go")], [], specs)
    (tags,) = data.get("entities", "entity")[0].batch(np.arange(2))
    assert specs[0].tags[4] == "U-thing"
    assert tags[:, :, 0].tolist() == [[0, 4, 0], [0, 0, 0]]
    assert tags.dtype == np.int32
    assert data.label_ids() is None


def test_the_keys_are_sorted():
    specs = tag_specs(["thing"], [], [], bilou=False)
    data = training_data([message("buy milk", "x"), message("go", "y")], ["x", "y"], specs)
    assert list(data.data) == ["entities", "label", "text"]


def test_label_features_come_from_the_intents_in_the_order_of_the_ids():
    messages = with_intent_features(
        [message("a", "yes"), message("b", "no"), message("c", "yes")], {"yes": 0, "no": 1}
    )
    array = label_data(messages, ["no", "yes"]).get("label", "sequence")[0]
    assert [array.example(i).to_dense().tolist() for i in range(2)] == [[[0, 1]], [[1, 0]]]


def test_labels_are_one_hot_where_intents_have_no_features():
    data = label_data([message("a", "yes"), message("b", "no")], ["no", "yes"])
    (batch,) = data.get("label", "sentence")[0].batch(np.arange(2))
    np.testing.assert_array_equal(batch, np.eye(2, dtype=np.float32)[:, None, :])


def test_labels_are_one_hot_where_one_intent_has_no_features():
    messages = [message("b", "no"), *with_intent_features([message("a", "yes")], {"yes": 0})]
    data = label_data(messages, ["no", "yes"])
    assert list(data.data["label"]) == ["sentence"]


@pytest.mark.parametrize("data", [identity_label_data(0), label_data([], [])])
def test_no_labels_have_no_features(data):
    assert data.is_empty()
