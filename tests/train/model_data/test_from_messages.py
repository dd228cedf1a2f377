"""Behaviour of "label ids", "label features" and the features of texts (behaviour.md 3.2, 3.9)."""

from __future__ import annotations

import numpy as np
import pytest

from onnlu.decoding.tags import tag_specs
from onnlu.features import Features
from onnlu.message import Message, Token
from onnlu.sparse import SparseMatrix
from onnlu_engine.errors import InvalidDataException
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
        intent = m.data["intent"]
        words = intent.split("+")
        matrix = SparseMatrix.from_row_columns([[columns[w]] for w in words], len(columns))
        m.features.append(Features(matrix, "sequence", "intent", "a"))
        m.tokens["intent"] = [Token(word, 0, len(word)) for word in words]
    return messages


def dense(m: Message, kind: str, rows: int, units: int = 3, origin: str = "d") -> Message:
    matrix = np.arange(rows * units, dtype=np.float32).reshape(rows, units)
    m.features.append(Features(matrix, kind, "text", origin))
    return m


def with_dense(text: str) -> Message:
    return dense(dense(message(text), "sequence", len(text.split())), "sentence", 1)


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
    assert list(data.data["label"]) == ["lengths", "sentence"]


# An intent is several tokens with `intent_tokenization_flag`: all of them count.
def test_labels_know_how_many_tokens_they_have():
    messages = with_intent_features([message("a", "ask+time"), message("b", "ask")],
                                    {"ask": 0, "time": 1})  # fmt: skip
    data = label_data(messages, ["ask", "ask+time"])
    assert data.get("label", "lengths")[0].batch(np.arange(2))[0].tolist() == [1, 2]
    array = data.get("label", "sequence")[0]
    assert array.example(1).to_dense().tolist() == [[1, 0], [0, 1]]


def test_dense_features_stand_beside_sparse_ones():
    data = text_data([with_dense("to be"), with_dense("or")])
    for kind, shape in (("sequence", (2, 2, 3)), ("sentence", (2, 1, 3))):
        sparse_array, dense_array = data.get("text", kind)
        assert (sparse_array.is_sparse, dense_array.is_sparse) == (True, False)
        (batch,) = dense_array.batch(np.arange(2))
        assert batch.shape == shape
        assert batch.dtype == np.float32
    (batch,) = data.get("text", "sequence")[1].batch(np.arange(2))
    assert batch.tolist() == [[[0, 1, 2], [3, 4, 5]], [[0, 1, 2], [0, 0, 0]]]


def test_dense_features_of_several_featurizers_are_put_side_by_side():
    both = dense(dense(message("to be"), "sequence", 2), "sequence", 2, units=1, origin="e")
    (_, array) = text_data([both]).get("text", "sequence")
    assert array.batch(np.arange(1))[0].tolist() == [[[0, 1, 2, 0], [3, 4, 5, 1]]]
    (_, array) = text_data([both], ["a", "e"]).get("text", "sequence")
    assert array.units == 1


# "a row mismatch surfaces as a TF concat error" in the original
@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        (
            [with_dense("to be"), message("or")],
            "'or' has no dense sentence features, but other examples have",
        ),
        (
            [dense(message("to be"), "sequence", 3)],
            r"'to be' has dense sequence features of shape \(3, 3\), but \(2, 3\) is needed",
        ),
        (
            [dense(message("to be"), "sentence", 2)],
            r"'to be' has dense sentence features of shape \(2, 3\), but \(1, 3\) is needed",
        ),
        (
            [dense(message("a"), "sequence", 1), dense(message("b"), "sequence", 1, units=4)],
            r"'b' has dense sequence features of shape \(1, 4\), but \(1, 3\) is needed",
        ),
        (
            [dense(dense(message("a b"), "sequence", 2), "sequence", 1, origin="e")],
            "sequence features of 'a b' have different numbers of rows: 2 by 'd', 1 by 'e'",
        ),
    ],
)
def test_features_that_do_not_fit_are_named_with_their_text(messages: list[Message], problem: str):
    with pytest.raises(InvalidDataException, match=problem):
        text_data(messages)


@pytest.mark.parametrize("data", [identity_label_data(0), label_data([], [])])
def test_no_labels_have_no_features(data):
    assert data.is_empty()
