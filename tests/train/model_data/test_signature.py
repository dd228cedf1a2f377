"""Behaviour of `FeatureSignature` and `_dynamic_signature` (behaviour.md 1.1, 3.1)."""

from __future__ import annotations

import json

import numpy as np
import tensorflow as tf

from onnlu.sparse import SparseMatrix
from onnlu_train.model_data.feature_array import DenseArray, RaggedArray, SparseArray
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.signature import (
    FeatureSignature,
    features_of,
    other_features,
    signature_from_json,
    signature_to_json,
)
from onnlu_train.model_data.tensor_specs import tensor_specs


def mixed_data() -> RasaModelData:
    data = RasaModelData()
    rows = [SparseMatrix.from_row_columns([[0], [2]], 3), SparseMatrix.from_row_columns([[1]], 3)]
    data.add_features("text", "sequence", [SparseArray.from_matrices(rows)])
    data.add_features("text", "lengths", [DenseArray(np.array([2, 1], np.int64))])
    vectors = DenseArray(np.ones((2, 4), np.float32))
    data.add_features("label", "vector", [vectors, vectors])
    tags = RaggedArray.from_matrices([np.ones((2, 1), np.int32), np.ones((1, 1), np.int32)])
    data.add_features("entities", "entity", [tags])
    data.sort()
    return data


def test_features_come_in_the_order_of_the_tensors():
    places = [(key, sub_key, n) for key, sub_key, n, _ in features_of(mixed_data().signature())]
    assert places == [
        ("entities", "entity", 0),
        ("label", "vector", 0),
        ("label", "vector", 1),
        ("text", "lengths", 0),
        ("text", "sequence", 0),
    ]


def test_every_dimension_but_the_last_is_open():
    assert tensor_specs(mixed_data().signature()) == (
        tf.TensorSpec([None, None, 1], tf.int32),
        tf.TensorSpec([None, 4], tf.float32),
        tf.TensorSpec([None, 4], tf.float32),
        tf.TensorSpec([None], tf.int64),
        tf.TensorSpec([None, 3], tf.int64),
        tf.TensorSpec([None], tf.float32),
        tf.TensorSpec([3], tf.int64),
    )


def test_batches_of_any_examples_fit_the_specs():
    data = mixed_data()
    specs = tensor_specs(data.signature())
    for examples in ([0], [1], [1, 0, 0]):
        batch = data.batch(np.array(examples))
        assert len(batch) == len(specs)
        for tensor, spec in zip(batch, specs, strict=True):
            assert spec.is_compatible_with(tf.constant(tensor))


def test_a_signature_survives_json():
    signature = mixed_data().signature()
    document = json.loads(json.dumps(signature_to_json(signature)))
    restored = signature_from_json(document)
    assert restored == signature
    assert isinstance(restored["text"]["sequence"][0], FeatureSignature)


def test_wider_sparse_features_are_no_others():
    before, after = mixed_data().signature(), mixed_data().signature()
    (sequence,) = after["text"]["sequence"]
    after["text"]["sequence"] = [sequence._replace(units=9)]
    assert list(other_features(before, after)) == []


def test_other_features_are_told_in_words():
    before, after = mixed_data().signature(), mixed_data().signature()
    vector = after["label"]["vector"][0]
    after["label"]["vector"] = [vector._replace(units=5), vector]
    del after["entities"]
    after["text"]["sentence"] = [FeatureSignature(True, 9, 3)]
    assert list(other_features(before, after)) == [
        "entities.entity was dense of width 1, is missing",
        "label.vector was dense of width 4 and dense of width 4, is dense of width 5 and dense of "
        "width 4",
        "text.sentence was missing, is sparse of width 9",
    ]
