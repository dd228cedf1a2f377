"""`RasaModel`: flat batches, taken apart by their signatures (behaviour.md 1.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from onnlu.bags import Blocks, padded_bags
from onnlu.sparse import SparseMatrix
from onnlu_train.layers.sparse_to_dense import PaddedBags
from onnlu_train.model_data.feature_array import DenseArray, RaggedArray, SparseArray
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.signature import FeatureSignature
from onnlu_train.models.rasa_model import RasaModel

# batch_to_model_data_format: "round trip of a mixed dense/sparse example"
MIXED = {
    "label": {"ids": [FeatureSignature(False, 1, 1, "int32")]},
    "text": {
        "rows": [FeatureSignature(True, 9, 3), FeatureSignature(False, 2, 3)],
        "vector": [FeatureSignature(False, 4, 2)],
    },
}
SIZE = FeatureSignature(False, 1, 1, "int64")


def mixed() -> RasaModelData:
    matrices = [SparseMatrix.from_row_columns(rows, 9) for rows in ([[1], [2, 8]], [[0]])]
    rows = [np.ones((2, 2), np.float32), np.zeros((1, 2), np.float32)]
    data = RasaModelData()
    data.add_features("label", "ids", [DenseArray(np.array([3, 4], np.int32))])
    data.add_features(
        "text", "rows", [SparseArray.from_matrices(matrices), RaggedArray.from_matrices(rows)]
    )
    data.add_features("text", "vector", [DenseArray(np.ones((2, 4), np.float32))])
    return data


def test_a_flat_batch_is_taken_apart_by_its_signature():
    data = mixed()
    assert data.signature() == MIXED
    batch = data.batch(np.arange(2))
    features = RasaModel.batch_to_model_data_format(batch, MIXED)
    assert {k: set(v) for k, v in features.items()} == {
        "label": {"ids"},
        "text": {"rows", "vector"},
    }
    sparse, dense = features["text"]["rows"]
    np.testing.assert_array_equal(sparse.indices, batch[1])
    np.testing.assert_array_equal(sparse.values, batch[2])
    assert tuple(sparse.dense_shape.numpy()) == (2, 2, 9)
    assert dense is batch[4]
    assert features["label"]["ids"][0] is batch[0]


# "last dim static under tracing"
def test_the_width_of_a_sparse_feature_is_static_when_traced():
    widths = []

    @tf.function(
        input_signature=[
            (
                tf.TensorSpec([None, 3], tf.int64),
                tf.TensorSpec([None], tf.float32),
                tf.TensorSpec([3], tf.int64),
            )
        ]
    )
    def trace(batch: Any) -> tf.Tensor:
        signature = {"text": {"rows": [FeatureSignature(True, 9, 3)]}}
        features = RasaModel.batch_to_model_data_format(batch, signature)
        widths.append(features["text"]["rows"][0].shape[-1])
        return tf.constant(0)

    trace((np.zeros((0, 3), np.int64), np.zeros(0, np.float32), np.array([1, 1, 9], np.int64)))
    assert widths == [9]


def test_bags_stand_in_for_the_three_tensors_of_a_sparse_feature():
    bags = PaddedBags(*padded_bags([[SparseMatrix.from_row_columns([[1]], 9)]], Blocks(1, 1)))
    signature = {"text": {"rows": [FeatureSignature(True, 9, 3)], "size": [SIZE]}}
    features = RasaModel.batch_to_model_data_format((bags, np.array([1])), signature)
    assert features["text"]["rows"][0] is bags
    assert features["text"]["size"][0].tolist() == [1]


def test_a_batch_of_bags_alone_is_not_taken_for_a_wrapped_batch():
    bags = PaddedBags(*padded_bags([[SparseMatrix.from_row_columns([[1]], 9)]], Blocks(1, 1)))
    signature = {"text": {"rows": [FeatureSignature(True, 9, 3)]}}
    features = RasaModel.batch_to_model_data_format((bags,), signature)
    assert features["text"]["rows"] == [bags]


def test_a_batch_that_does_not_fit_its_signature_is_refused():
    batch = mixed().batch(np.arange(2))
    with pytest.raises(ValueError, match=r"ends before text\.vector"):
        RasaModel.batch_to_model_data_format(batch[:-1], MIXED)
    with pytest.raises(ValueError, match=r"ends before text\.rows"):
        RasaModel.batch_to_model_data_format(batch[:3], MIXED)
    with pytest.raises(ValueError, match="2 tensors more"):
        RasaModel.batch_to_model_data_format((*batch, *batch[:2]), MIXED)
