"""Model data as plain JSON; for the features of labels, which are few."""

from __future__ import annotations

from typing import Any

import numpy as np

from onnlu.sparse import SparseMatrix
from onnlu_train.model_data.feature_array import DenseArray, FeatureArray, RaggedArray, SparseArray
from onnlu_train.model_data.rasa_model_data import RasaModelData


def model_data_to_json(data: RasaModelData) -> dict[str, Any]:
    """Return the features by key and sub key as plain JSON."""
    return {
        key: {sub_key: [_to_json(array) for array in arrays] for sub_key, arrays in subs.items()}
        for key, subs in data.data.items()
    }


def model_data_from_json(document: dict[str, Any]) -> RasaModelData:
    """Rebuild what `model_data_to_json` returned."""
    data = {
        key: {sub_key: [_from_json(array) for array in arrays] for sub_key, arrays in subs.items()}
        for key, subs in document.items()
    }
    return RasaModelData(data=data)


def _to_json(array: FeatureArray) -> dict[str, Any]:
    if isinstance(array, SparseArray):
        return {
            "units": array.units,
            "row_counts": array.row_counts.tolist(),
            "entry_counts": array.entry_counts.tolist(),
            "rows": array.matrix.rows.tolist(),
            "columns": array.matrix.columns.tolist(),
            "values": array.matrix.values.tolist(),
        }
    if isinstance(array, RaggedArray):
        return {"row_counts": array.row_counts.tolist(), "dense_rows": array.rows.tolist()}
    if isinstance(array, DenseArray) and array.number_of_dimensions == 1:
        return {"numbers": array.values.tolist()}
    raise TypeError(
        f"features of labels are numbers, sparse or dense rows, not {type(array).__name__}"
    )


def _from_json(document: dict[str, Any]) -> FeatureArray:
    if "numbers" in document:
        return DenseArray(np.array(document["numbers"], np.int64))
    row_counts = np.array(document["row_counts"], np.int64)
    if "dense_rows" in document:
        return RaggedArray(np.array(document["dense_rows"], np.float32), row_counts)
    matrix = SparseMatrix(
        np.array(document["rows"], np.int32),
        np.array(document["columns"], np.int32),
        np.array(document["values"], np.float32),
        (int(row_counts.max(initial=0)), document["units"]),
    )
    return SparseArray(matrix, row_counts, np.array(document["entry_counts"], np.int64))
