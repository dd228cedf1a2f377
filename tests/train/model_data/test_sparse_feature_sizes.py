"""Widths of features by featurizer, and what has become of them."""

from __future__ import annotations

import numpy as np

from onnlu.features import SENTENCE, SEQUENCE, Features
from onnlu.message import INTENT, RESPONSE, TEXT, Message
from onnlu.sparse import SparseMatrix
from onnlu_train.model_data.sparse_feature_sizes import (
    NamedSizes,
    aligned,
    shrunk,
    sparse_feature_sizes,
)


def features(width: int, kind: str, attribute: str, origin: str) -> Features:
    return Features(SparseMatrix.from_row_columns([[0]], width), kind, attribute, origin)


def message() -> Message:
    return Message(
        {TEXT: "hi"},
        features=[
            features(4, SEQUENCE, TEXT, "shape"),
            features(9, SEQUENCE, TEXT, "words"),
            features(9, SENTENCE, TEXT, "words"),
            Features(np.ones((1, 50), np.float32), SENTENCE, TEXT, "vectors"),
            features(3, SEQUENCE, INTENT, "words"),
            features(7, SENTENCE, RESPONSE, "words"),
        ],
    )


def test_sizes_are_told_by_attribute_type_and_featurizer():
    assert sparse_feature_sizes(message()) == {
        "text": {"sequence": {"shape": 4, "words": 9}, "sentence": {"words": 9}},
        "label": {"sequence": {"words": 3}},
    }


def test_labels_may_be_described_by_another_attribute():
    assert sparse_feature_sizes(message(), label_attribute=RESPONSE)["label"] == {
        "sentence": {"words": 7}
    }


def test_featurizers_that_are_not_used_do_not_count():
    assert sparse_feature_sizes(message(), ["shape", "vectors"]) == {
        "text": {"sequence": {"shape": 4}}
    }


BEFORE: NamedSizes = {"text": {"sequence": {"words": 9, "shape": 4}}}


def test_a_featurizer_that_gives_less_or_nothing_is_named():
    after: NamedSizes = {"text": {"sequence": {"new": 2, "words": 8}}}
    assert list(shrunk(BEFORE, after)) == [
        "text.sequence of words: 9 -> 8 columns",
        "text.sequence of shape: 4 -> 0 columns",
    ]
    assert list(shrunk(BEFORE, {})) == [
        "text.sequence of words: 9 -> 0 columns",
        "text.sequence of shape: 4 -> 0 columns",
    ]


def test_what_grows_or_is_new_has_not_shrunk():
    after: NamedSizes = {
        "text": {"sequence": {"new": 2, "words": 9, "shape": 5}, "sentence": {"words": 1}}
    }
    assert list(shrunk(BEFORE, after)) == []


# A model's JSON is sorted by name, and so tells no order.
def test_sizes_are_aligned_in_the_order_of_the_pipeline_as_it_is_now():
    after: NamedSizes = {"text": {"sequence": {"shape": 5, "new": 2, "words": 9}}}
    assert aligned(BEFORE, after) == (
        {"text": {"sequence": [4, 0, 9]}},
        {"text": {"sequence": [5, 2, 9]}},
    )
