"""What stands for messages and training data: it changes whenever their content does."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from onnlu.features import Features
from onnlu.message import Message, Token
from onnlu.sparse import SparseMatrix
from onnlu.training_data import LookupTable, Regex, TrainingData
from onnlu_engine.errors import NoFingerprintException
from onnlu_engine.fingerprints import Fingerprintable


def matrix(**changes: Any) -> SparseMatrix:
    parts = {
        "rows": np.array([0, 1], np.int32),
        "columns": np.array([3, 0], np.int32),
        "values": np.array([1, 2], np.float32),
        "shape": (2, 4),
    }
    return SparseMatrix(**parts | changes)


def message(*features: Features) -> Message:
    data = {"text": "hello there", "intent": "greet", "metadata": {"n": 1.5}}
    return Message(data, {"text": [Token("hello", 0, 5), Token("there", 6, 11)]}, [*features])


SPARSE = Features(matrix(), "sequence", "text", "counts")
DENSE = Features(np.ones((1, 2), np.float32), "sentence", "text", "vectors")

MESSAGES = [
    message(),
    Message({"text": "hello there"}),
    Message({"text": "hello there", "intent": "1"}),
    Message({"text": "hello there", "intent": 1}),
    Message({"text": "hello there"}, {"text": []}),
    Message({"text": "hello there"}, {"text": [Token("hello", 0, 5)]}),
    message(SPARSE),
    message(SPARSE, SPARSE),
    message(SPARSE, DENSE),
    message(DENSE, SPARSE),
    message(replace(SPARSE, type="sentence")),
    message(replace(SPARSE, attribute="response")),
    message(replace(SPARSE, origin="others")),
    message(replace(SPARSE, matrix=matrix(shape=(2, 5)))),
    message(replace(SPARSE, matrix=matrix(values=np.array([1, 3], np.float32)))),
    message(replace(SPARSE, matrix=matrix(columns=np.array([3, 1], np.int32)))),
    message(replace(SPARSE, matrix=matrix(rows=np.array([1, 1], np.int32)))),
    message(DENSE),
    message(replace(DENSE, matrix=np.ones((2, 1), np.float32))),
    message(replace(DENSE, matrix=np.zeros((1, 2), np.float32))),
]
TRAINING_DATA = [
    TrainingData(),
    TrainingData([MESSAGES[0]]),
    TrainingData([MESSAGES[0], MESSAGES[1]]),
    TrainingData([MESSAGES[1], MESSAGES[0]]),
    TrainingData(synonyms={"a": "b"}),
    TrainingData(synonyms={"b": "a"}),
    TrainingData(regexes=[Regex("a", "b")]),
    TrainingData(regexes=[Regex("a", "c")]),
    TrainingData(lookup_tables=[LookupTable("a", ("b",))]),
    TrainingData(lookup_tables=[LookupTable("a", ("b", "c"))]),
    TrainingData(responses={"faq/a": [{"text": "b"}]}),
    TrainingData(responses={"faq/a": [{"text": "c"}]}),
]


@pytest.mark.behaviour("2.3/1")
@pytest.mark.parametrize("values", [MESSAGES, TRAINING_DATA], ids=["messages", "training data"])
def test_different_content_has_different_fingerprints(values: list[Fingerprintable]) -> None:
    assert all(isinstance(value, Fingerprintable) for value in values)
    assert len({value.fingerprint() for value in values}) == len(values)


def test_the_order_of_attributes_does_not_count() -> None:
    one, other = Message({"text": "a", "intent": "b"}), Message({"intent": "b", "text": "a"})
    assert one.fingerprint() == other.fingerprint()


def test_the_order_of_synonyms_counts_as_the_later_one_holds_of_two_that_differ_in_case() -> None:
    assert (
        TrainingData(synonyms={"NYC": "New York", "nyc": "New York City"}).fingerprint()
        != TrainingData(synonyms={"nyc": "New York City", "NYC": "New York"}).fingerprint()
    )


@pytest.mark.parametrize("attribute", ["response", "intent_response_key"])
def test_examples_apart_from_responses_have_a_fingerprint_of_their_own(attribute: str) -> None:
    def parts(value: str) -> dict[str, str]:
        data = {"text": "hello", "intent_response_key": "faq/a", attribute: value}
        tokens = {attribute: [Token(value, 0, len(value))]}
        features = [replace(SPARSE, attribute=attribute, origin=value)]
        return TrainingData([Message(data, tokens, features)]).fingerprint_parts()

    changed = {part for part, digest in parts("x").items() if parts("y")[part] != digest}
    assert changed == {"retrieval examples"}


def test_what_says_nothing_of_its_content_has_no_fingerprint() -> None:
    with pytest.raises(NoFingerprintException, match="object"):
        TrainingData([Message({"text": "hello", "custom": object()})]).fingerprint()


def test_keys_of_any_kind_have_a_fingerprint() -> None:
    def of(key: Any) -> str:
        responses = {"faq/a": [{"text": "a", "custom": {key: "b", "c": "d"}}]}
        message = Message({"text": "hello", "metadata": {key: "b", "c": "d"}})
        return TrainingData([message], responses=responses).fingerprint()

    assert len({of(key) for key in ("a", 2, 3, (1, 2), (1, 3), None)}) == 6


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    code = (
        "from onnlu.message import Message; from onnlu.training_data import TrainingData;"
        "print(TrainingData([Message({'text': 'a', 'intent': 'b'})]).fingerprint())"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert found == TrainingData([Message({"text": "a", "intent": "b"})]).fingerprint()
