"""What a featurizer leaves on a message: one matrix each, with where it came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from onnlu.sparse import SparseMatrix
from onnlu_engine.errors import InvalidDataException

if TYPE_CHECKING:
    from onnlu.message import Message

SEQUENCE: Final = "sequence"
SENTENCE: Final = "sentence"
BOTH: Final = {SEQUENCE, SENTENCE}


@dataclass(slots=True, eq=False)
class Features:
    """One feature matrix of one attribute of one message.

    Attributes:
        matrix: sparse, or dense float32 [rows, units]; a row a token, or one row a sentence.
        type: `SEQUENCE` or `SENTENCE`.
        attribute: what of the message it describes, such as "text" or "intent".
        origin: the featurizer's alias, or its node name.
    """

    matrix: SparseMatrix | npt.NDArray[np.float32]
    type: str
    attribute: str
    origin: str

    @property
    def is_sparse(self) -> bool:
        """True for a sparse matrix."""
        return isinstance(self.matrix, SparseMatrix)

    def fingerprint(self) -> str:
        """Return what stands for the matrix, what it describes, and where it came from."""
        matrix = self.matrix
        arrays = (
            (matrix.rows, matrix.columns, matrix.values)
            if isinstance(matrix, SparseMatrix)
            else (matrix,)
        )
        shapes = [matrix.shape, *(array.shape for array in arrays)]
        facts = json.dumps([self.type, self.attribute, self.origin, self.is_sparse, shapes])
        digest = hashlib.sha256(facts.encode())
        for array in arrays:
            digest.update(array.tobytes())
        return digest.hexdigest()


def sparse_features(
    message: Message, attribute: str, feature_type: str, featurizers: Collection[str] = ()
) -> list[SparseMatrix]:
    """Return all sparse matrices of one attribute and type, in pipeline order.

    Args:
        message: the featurized message.
        attribute: "text", "intent", ...
        feature_type: `SEQUENCE` or `SENTENCE`.
        featurizers: origins to use; empty for all.
    """
    return [
        features.matrix
        for features in _chosen(message, attribute, feature_type, featurizers)
        if isinstance(features.matrix, SparseMatrix)
    ]


def combined_sparse_features(
    message: Message, attribute: str, feature_type: str, featurizers: Collection[str] = ()
) -> SparseMatrix | None:
    """Put what `sparse_features` returns side by side: one matrix, or None for none."""
    matrices = sparse_features(message, attribute, feature_type, featurizers)
    return SparseMatrix.stack_columns(matrices) if matrices else None


def combined_dense_features(
    message: Message, attribute: str, feature_type: str, featurizers: Collection[str] = ()
) -> npt.NDArray[np.float32] | None:
    """Put all dense matrices of one attribute and type side by side, in pipeline order.

    Args:
        message: the featurized message.
        attribute: "text", "intent", ...
        feature_type: `SEQUENCE` or `SENTENCE`.
        featurizers: origins to use; empty for all.

    Returns:
        One matrix, float32 [rows, units], or None where there are no such features.

    Raises:
        InvalidDataException: the matrices differ in their number of rows.
    """
    matrices = {
        features.origin: features.matrix
        for features in _chosen(message, attribute, feature_type, featurizers)
        if not isinstance(features.matrix, SparseMatrix)
    }
    if len({len(matrix) for matrix in matrices.values()}) > 1:
        rows = ", ".join(f"{len(matrix)} by '{origin}'" for origin, matrix in matrices.items())
        raise InvalidDataException(
            f"The {feature_type} features of {message.data.get(attribute)!r} have different "
            f"numbers of rows: {rows}. Name those to use in `featurizers`."
        )
    return np.concatenate(list(matrices.values()), axis=1) if matrices else None


def _chosen(
    message: Message, attribute: str, feature_type: str, featurizers: Collection[str]
) -> list[Features]:
    return [
        features
        for features in message.features
        if features.attribute == attribute
        and features.type == feature_type
        and (not featurizers or features.origin in featurizers)
    ]


def has_features(message: Message, attribute: str, featurizers: Collection[str] = ()) -> bool:
    """Return whether a message has any features of an attribute."""
    return any(
        features.attribute == attribute and (not featurizers or features.origin in featurizers)
        for features in message.features
    )


def has_text_features(message: Message, featurizers: Collection[str] = ()) -> bool:
    """Return whether a message has features of its tokens and of its sentence."""
    return feature_types(message, "text", featurizers) == BOTH


def feature_types(message: Message, attribute: str, featurizers: Collection[str] = ()) -> set[str]:
    """Return the types of a message's features of an attribute."""
    return {
        features.type
        for features in message.features
        if features.attribute == attribute and (not featurizers or features.origin in featurizers)
    }
