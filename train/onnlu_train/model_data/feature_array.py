"""One feature of many examples, packed: a batch is cut out by index, nothing is copied before.

FeatureArray
├── DenseArray     a number or a vector an example
├── RaggedArray    a dense row a token, as many rows as the example has tokens
└── SparseArray    a sparse row a token
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from onnlu.sparse import SparseMatrix
from onnlu_train.model_data.signature import FeatureSignature

Indices = npt.NDArray[np.int64]


class FeatureArray(ABC):
    """One feature of all examples.

    Attributes:
        units: width of the last dimension.
        number_of_dimensions: counted with the dimension of the examples.
    """

    units: int
    number_of_dimensions: int

    @property
    @abstractmethod
    def signature(self) -> FeatureSignature:
        """What the feature's tensors look like."""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of examples."""

    @abstractmethod
    def take(self, examples: Indices) -> FeatureArray:
        """Return the array of some examples, in the given order."""

    @abstractmethod
    def batch(self, examples: Indices) -> list[npt.NDArray[np.generic]]:
        """Return the tensors of some examples: one if dense, three if sparse."""

    @property
    def is_sparse(self) -> bool:
        """True where a batch holds indices, values and shape."""
        return self.signature.is_sparse


class DenseArray(FeatureArray):
    """A number ([examples]) or a vector ([examples, units]) an example."""

    def __init__(self, values: npt.NDArray[np.generic]) -> None:
        if values.ndim not in (1, 2):
            raise ValueError(f"a dense array has 1 or 2 dimensions, not {values.ndim}")
        self.values = values
        self.number_of_dimensions = values.ndim
        self.units = values.shape[1] if values.ndim == 2 else 1

    @property
    def signature(self) -> FeatureSignature:
        """Dense, of the dtype of the values."""
        return FeatureSignature(
            False, self.units, self.number_of_dimensions, self.values.dtype.name
        )

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.values)

    def take(self, examples: Indices) -> DenseArray:
        """Return the array of some examples, in the given order."""
        return DenseArray(self.values[examples])

    def batch(self, examples: Indices) -> list[npt.NDArray[np.generic]]:
        """Return [batch] or [batch, units]."""
        return [self.values[examples]]


class RaggedArray(FeatureArray):
    """A dense row a token: [examples, tokens of the example, units]."""

    number_of_dimensions = 3

    def __init__(self, rows: npt.NDArray[np.generic], row_counts: Indices) -> None:
        self.rows = rows
        self.row_counts = row_counts
        self.units = int(rows.shape[1])
        self._starts = np.cumsum(row_counts) - row_counts

    @classmethod
    def from_matrices(cls, matrices: Sequence[npt.NDArray[np.generic]]) -> RaggedArray:
        """Pack one matrix [tokens, units] an example."""
        return cls(np.concatenate(matrices), np.array([len(m) for m in matrices], np.int64))

    @property
    def signature(self) -> FeatureSignature:
        """Dense, with three dimensions."""
        return FeatureSignature(False, self.units, 3, self.rows.dtype.name)

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.row_counts)

    def take(self, examples: Indices) -> RaggedArray:
        """Return the array of some examples, in the given order."""
        counts = self.row_counts[examples]
        return RaggedArray(self.rows[ranges(self._starts[examples], counts)], counts)

    def batch(self, examples: Indices) -> list[npt.NDArray[np.generic]]:
        """Return [batch, longest, units], zero where an example has no more tokens."""
        counts = self.row_counts[examples]
        padded = np.zeros((len(examples), counts.max(initial=0), self.units), self.rows.dtype)
        example, row = _places(counts)
        padded[example, row] = self.rows[ranges(self._starts[examples], counts)]
        return [padded]


class SparseArray(FeatureArray):
    """A sparse row a token: [examples, tokens of the example, units]."""

    number_of_dimensions = 3

    def __init__(self, matrix: SparseMatrix, row_counts: Indices, entry_counts: Indices) -> None:
        """Hold the matrices of all examples as one.

        Args:
            matrix: their entries, one example after the other; rows count within the example.
            row_counts: int64 [examples], rows (tokens) of each.
            entry_counts: int64 [examples], non-zeros of each.
        """
        self.matrix = matrix
        self.row_counts = row_counts
        self.entry_counts = entry_counts
        self.units = matrix.shape[1]
        self._starts = np.cumsum(entry_counts) - entry_counts

    @classmethod
    def from_matrices(cls, matrices: Sequence[SparseMatrix]) -> SparseArray:
        """Pack one sparse matrix [tokens, units] an example.

        Raises:
            ValueError: the matrices differ in width.
        """
        widths = {matrix.shape[1] for matrix in matrices}
        if len(widths) != 1:
            raise ValueError(f"one feature needs one width in all examples, got {sorted(widths)}")
        row_counts = np.array([matrix.shape[0] for matrix in matrices], np.int64)
        entry_counts = np.array([len(matrix.values) for matrix in matrices], np.int64)
        packed = SparseMatrix(
            np.concatenate([matrix.rows for matrix in matrices]),
            np.concatenate([matrix.columns for matrix in matrices]),
            np.concatenate([matrix.values for matrix in matrices]),
            (int(row_counts.max()), widths.pop()),
        )
        return cls(packed, row_counts, entry_counts)

    @property
    def signature(self) -> FeatureSignature:
        """Sparse, with three dimensions."""
        return FeatureSignature(True, self.units, 3)

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.row_counts)

    def take(self, examples: Indices) -> SparseArray:
        """Return the array of some examples, in the given order."""
        entries = self._entries(examples)
        matrix = SparseMatrix(
            self.matrix.rows[entries],
            self.matrix.columns[entries],
            self.matrix.values[entries],
            (int(self.row_counts[examples].max(initial=0)), self.units),
        )
        return SparseArray(matrix, self.row_counts[examples], self.entry_counts[examples])

    def example(self, index: int) -> SparseMatrix:
        """Return the matrix of one example."""
        entries = slice(self._starts[index], self._starts[index] + self.entry_counts[index])
        return SparseMatrix(
            self.matrix.rows[entries],
            self.matrix.columns[entries],
            self.matrix.values[entries],
            (int(self.row_counts[index]), self.units),
        )

    def batch(self, examples: Indices) -> list[npt.NDArray[np.generic]]:
        """Return indices int64 [non-zeros, 3], values float32, shape (batch, longest, units)."""
        entries = self._entries(examples)
        indices = np.empty((len(entries), 3), np.int64)
        indices[:, 0] = np.repeat(np.arange(len(examples)), self.entry_counts[examples])
        indices[:, 1] = self.matrix.rows[entries]
        indices[:, 2] = self.matrix.columns[entries]
        longest = self.row_counts[examples].max(initial=0)
        shape = np.array([len(examples), longest, self.units], np.int64)
        return [indices, self.matrix.values[entries], shape]

    def _entries(self, examples: Indices) -> Indices:
        return ranges(self._starts[examples], self.entry_counts[examples])


def ranges(starts: Indices, counts: Indices) -> Indices:
    """Return start, start + 1, ... (count numbers) for each pair, one after the other.

    >>> ranges(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - counts), counts)


def _places(counts: Indices) -> tuple[Indices, Indices]:
    """Return example and row of each packed row."""
    return np.repeat(np.arange(len(counts)), counts), ranges(np.zeros_like(counts), counts)
