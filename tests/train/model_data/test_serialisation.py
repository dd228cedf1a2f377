"""Behaviour of row "serialisation" (behaviour.md 3.1), for the features of labels."""

from __future__ import annotations

import json

import numpy as np
import pytest

from onnlu.sparse import SparseMatrix
from onnlu_train.model_data.feature_array import DenseArray, RaggedArray, SparseArray
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.serialisation import model_data_from_json, model_data_to_json


def test_label_features_survive_json():
    data = RasaModelData()
    matrices = [
        SparseMatrix.from_row_columns([[0], [1, 2]], 4),
        SparseMatrix.from_row_columns([[3]], 4, [[0.1]]),
    ]
    data.add_features("label", "sequence", [SparseArray.from_matrices(matrices)])
    rows = [np.array([[0.1, 2.0]], np.float32), np.array([[1 / 3, -1.0]], np.float32)]
    data.add_features("label", "sentence", [RaggedArray.from_matrices(rows)])
    data.add_features("label", "lengths", [DenseArray(np.array([2, 1]))])
    restored = model_data_from_json(json.loads(json.dumps(model_data_to_json(data))))
    assert restored.signature() == data.signature()
    examples = np.array([1, 0])
    for ours, reference in zip(restored.batch(examples), data.batch(examples), strict=True):
        assert ours.dtype == reference.dtype
        np.testing.assert_array_equal(ours, reference)


def test_vectors_are_no_label_features():
    data = RasaModelData()
    data.add_features("label", "ids", [DenseArray(np.array([[1.0, 2.0]]))])
    with pytest.raises(TypeError, match="not DenseArray"):
        model_data_to_json(data)


def test_empty_data_survives_json():
    assert model_data_from_json(model_data_to_json(RasaModelData())).is_empty()
