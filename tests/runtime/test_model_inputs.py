"""Inputs of an exported model (design.md 4): their features, and which texts make a batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu.bags import Blocks
from onnlu.features import (
    SENTENCE,
    SEQUENCE,
    Features,
    combined_dense_features,
    has_features,
)
from onnlu.message import Message, Token
from onnlu.model_inputs import NEW_BATCH, batches, text_inputs
from onnlu.sparse import SparseMatrix
from onnlu_engine.errors import InvalidDataException

DENSE = ("text.sequence.dense", "text.sentence.dense")


def numbers(*shape: int, start: int = 0) -> np.ndarray:
    return np.arange(start, start + np.prod(shape), dtype=np.float32).reshape(shape)


def message(tokens: int, start: int = 0, units: int = 2) -> Message:
    """A message with one sparse and two dense featurizers."""
    m = Message({"text": "x" * tokens}, {"text": [Token("x", i, i + 1) for i in range(tokens)]})
    sparse = SparseMatrix.from_row_columns([[0]] * tokens, 3)
    m.features += [
        Features(sparse, SEQUENCE, "text", "words"),
        Features(SparseMatrix.from_row_columns([[0]], 3), SENTENCE, "text", "words"),
        Features(numbers(tokens, units, start=start), SEQUENCE, "text", "vectors"),
        Features(numbers(1, units, start=start), SENTENCE, "text", "vectors"),
        Features(numbers(tokens, 1, start=50), SEQUENCE, "text", "more"),
        Features(numbers(1, 1, start=50), SENTENCE, "text", "more"),
    ]
    return m


def test_dense_features_of_tokens_are_padded_and_those_of_sentences_are_rows():
    inputs = text_inputs([message(2), message(1, start=8)], names=DENSE)
    assert set(inputs) == {"text.lengths", *DENSE}
    assert inputs["text.lengths"].tolist() == [2, 1]
    assert inputs["text.sequence.dense"].tolist() == [
        [[0, 1, 50], [2, 3, 51]],
        [[8, 9, 50], [0, 0, 0]],
    ]
    assert inputs["text.sentence.dense"].tolist() == [[0, 1, 50], [8, 9, 50]]
    assert {inputs[name].dtype for name in DENSE} == {np.dtype(np.float32)}


def test_a_text_without_tokens_has_one_empty_step():
    inputs = text_inputs([message(0)], names=DENSE)
    assert inputs["text.sequence.dense"].tolist() == [[[0, 0, 0]]]


def test_a_model_gets_the_inputs_that_it_has():
    names = ("text.sequence.ids", "text.sequence.dense", "text.sentence.dense")
    inputs = text_inputs([message(2)], names=names)
    assert {name.rpartition(".")[0] for name in inputs} == {
        "text",
        "text.sequence",
        "text.sentence",
    }
    assert "text.sentence.ids" not in inputs
    assert not any("dense" in name for name in text_inputs([message(2)]))


def test_only_the_chosen_featurizers_count():
    inputs = text_inputs([message(2)], ["vectors"], names=DENSE)
    assert inputs["text.sentence.dense"].shape == (1, 2)


@pytest.mark.parametrize(
    ("featurizers", "tokens", "problem"),
    [
        (["words"], 1, "dense sequence features, 1 rows for 'x', but the featurizers gave none"),
        (["vectors"], 2, "2 rows for 'x', but the featurizers gave 1 rows"),
    ],
)
def test_missing_features_are_named(featurizers: list[str], tokens: int, problem: str):
    m = message(1)
    m.tokens["text"] = [Token("x", 0, 1)] * tokens
    with pytest.raises(InvalidDataException, match=problem):
        text_inputs([m], featurizers, names=DENSE)


def test_featurizers_that_disagree_on_the_tokens_are_named():
    m = message(2)
    m.features.append(Features(numbers(3, 1), SEQUENCE, "text", "odd"))
    with pytest.raises(InvalidDataException, match="2 by 'vectors', 2 by 'more', 3 by 'odd'"):
        combined_dense_features(m, "text", SEQUENCE)


def test_a_message_has_features_of_an_attribute_or_not():
    assert has_features(message(1), "text")
    assert not has_features(message(1), "intent")
    assert has_features(message(1), "text", ["more"])
    assert not has_features(message(1), "text", ["other"])


def batched(lengths: list[int]) -> list[list[int]]:
    """Return the numbers of tokens in each batch."""
    messages = [message(length) for length in lengths]
    return [[len(m.tokens["text"]) for m in batch] for batch in batches(messages)]


def test_texts_of_one_length_are_one_batch_up_to_a_limit() -> None:
    assert batched([7] * 40) == [[7] * 40]
    assert [len(batch) for batch in batched([32] * 50)] == [32, 18]


def test_few_texts_are_padded_to_the_next_length_and_many_are_not() -> None:
    assert batched([5, 4, 6]) == [[4, 5, 6]]
    assert batched([4] * 20 + [5] * 20) == [[4] * 20, [5] * 20]


def test_a_long_text_does_not_pad_the_others() -> None:
    assert batched([3, 400, 4, 3]) == [[3, 3, 4], [400]]


def test_a_text_with_very_many_features_pads_no_other() -> None:
    messages = [message(10) for _ in range(15)] + [message(90) for _ in range(3)]
    blob = message(10)
    columns = [[0]] * 9 + [list(range(5000))]
    blob.features[0] = Features(
        SparseMatrix.from_row_columns(columns, 5000), SEQUENCE, "text", "words"
    )
    found = list(batches([*messages, blob]))
    assert [len(batch) for batch in found] == [15, 1, 3]
    assert found[1] == [blob]


def test_pairs_of_tokens_in_a_batch_are_bounded() -> None:
    assert batched([100] * 8) == [[100] * 6, [100] * 2]
    assert batched([200] * 2) == [[200], [200]]


def test_the_bags_of_a_batch_are_bounded() -> None:
    messages = [message(10) for _ in range(10)]
    for m in messages:
        m.features[0] = Features(
            SparseMatrix.from_row_columns([list(range(4000))] + [[0]] * 9, 4000),
            *(SEQUENCE, "text", "words"),
        )
    assert [len(batch) for batch in batches(messages)] == [2] * 5


@given(lengths=st.lists(st.integers(1, 60), max_size=40))
def test_every_text_is_in_one_batch_and_no_batch_is_too_large(lengths: list[int]) -> None:
    found = batched(lengths)
    assert sorted(length for batch in found for length in batch) == sorted(lengths)
    for batch in found:
        cells = len(batch) * Blocks.of(max(batch)).time
        assert cells <= 1_024
        alone = sum(Blocks.of(length).time for length in batch)
        assert cells - alone <= NEW_BATCH * len(set(batch))
