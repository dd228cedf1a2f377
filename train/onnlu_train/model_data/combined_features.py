"""The features of one attribute and type in all messages, as arrays that fit each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from onnlu.features import combined_dense_features, combined_sparse_features
from onnlu.message import Message
from onnlu.sparse import SparseMatrix
from onnlu_engine.errors import InvalidDataException
from onnlu_train.model_data.feature_array import FeatureArray, RaggedArray, SparseArray

_Matrix = TypeVar("_Matrix", SparseMatrix, npt.NDArray[np.float32])


def feature_arrays(
    messages: Sequence[Message],
    attribute: str,
    feature_type: str,
    featurizers: Sequence[str],
    row_counts: Sequence[int],
) -> list[FeatureArray]:
    """Return the sparse features of messages as one array, and the dense ones as another.

    Args:
        messages: featurized messages.
        attribute: "text", "intent", ...
        feature_type: "sequence" or "sentence".
        featurizers: origins of the features to use; empty for all.
        row_counts: how many rows each message has to have.

    Returns:
        None, one or two arrays, sparse before dense.

    Raises:
        InvalidDataException: a message lacks features that others have, or they have other widths
            or numbers of rows.
    """
    sparse = [combined_sparse_features(m, attribute, feature_type, featurizers) for m in messages]
    dense = [combined_dense_features(m, attribute, feature_type, featurizers) for m in messages]
    texts = [message.data.get(attribute) for message in messages]
    arrays: list[FeatureArray] = []
    if complete := _complete(sparse, f"sparse {feature_type} features", texts, row_counts):
        arrays.append(SparseArray.from_matrices(complete))
    if filled := _complete(dense, f"dense {feature_type} features", texts, row_counts):
        arrays.append(RaggedArray.from_matrices(filled))
    return arrays


def _complete(
    matrices: Sequence[_Matrix | None], what: str, texts: Sequence[Any], row_counts: Sequence[int]
) -> list[_Matrix]:
    """Return the matrices of all messages; none where no message has any."""
    found = [matrix for matrix in matrices if matrix is not None]
    if not found:
        return []
    width = found[0].shape[1]
    for text, matrix, count in zip(texts, matrices, row_counts, strict=True):
        if matrix is None:
            raise InvalidDataException(f"{text!r} has no {what}, but other examples have.")
        if matrix.shape != (count, width):
            raise InvalidDataException(
                f"{text!r} has {what} of shape {matrix.shape}, but {(count, width)} is needed: "
                "a row for each token or one for the sentence, and one width in all examples."
            )
    return found
