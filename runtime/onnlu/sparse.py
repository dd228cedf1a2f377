"""A sparse matrix with no more than a featurizer needs: coordinates and values in numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

_ONE: Final = np.float32(1).tobytes()


@dataclass(slots=True, eq=False)
class SparseMatrix:
    """Coordinates of the non-zeros of one matrix, at most one entry a place.

    Attributes:
        rows: int32 [non-zeros], ascending.
        columns: int32 [non-zeros].
        values: float32 [non-zeros].
        shape: (number of rows, number of columns).
    """

    rows: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    shape: tuple[int, int]

    @classmethod
    def from_row_columns(
        cls,
        row_columns: Sequence[Sequence[int]],
        number_of_columns: int,
        row_values: Sequence[Sequence[float]] | None = None,
    ) -> SparseMatrix:
        """Build from the columns of each row; values are 1 where none are given.

        >>> SparseMatrix.from_row_columns([[2], [0, 1]], 3).to_dense().tolist()
        [[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
        """
        counts = [len(columns) for columns in row_columns]
        columns = np.array(list(chain.from_iterable(row_columns)), dtype=np.int32)
        if row_values is None:
            values = np.ones(len(columns), dtype=np.float32)
        else:
            values = np.array(list(chain.from_iterable(row_values)), dtype=np.float32)
        rows = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        return cls(rows, columns, values, (len(counts), number_of_columns))

    @classmethod
    def from_packed_rows(
        cls,
        row_columns: Sequence[bytes],
        number_of_columns: int,
        row_values: Sequence[bytes] | None = None,
    ) -> SparseMatrix:
        """Build from the bytes of each row: as `from_row_columns`, and several times as fast.

        Args:
            row_columns: [rows], the bytes of int32 [non-zeros of the row].
            number_of_columns: of the matrix.
            row_values: [rows], the bytes of float32 [non-zeros of the row]; None where all are 1.
        """
        columns = np.frombuffer(b"".join(row_columns), dtype=np.int32)
        if row_values is None:
            row_values = [_ONE * len(columns)]
        values = np.frombuffer(b"".join(row_values), dtype=np.float32)
        counts = [len(row) // columns.itemsize for row in row_columns]
        rows = np.arange(len(counts), dtype=np.int32).repeat(counts)
        return cls(rows, columns, values, (len(counts), number_of_columns))

    @classmethod
    def stack_columns(cls, matrices: Sequence[SparseMatrix]) -> SparseMatrix:
        """Put matrices with the same number of rows side by side; rows stay ascending.

        Raises:
            ValueError: the numbers of rows differ.
        """
        if len(matrices) == 1:
            return matrices[0]
        heights = {matrix.shape[0] for matrix in matrices}
        if len(heights) != 1:
            raise ValueError(f"matrices side by side need equal numbers of rows, got {heights}")
        offsets = np.cumsum([0] + [matrix.shape[1] for matrix in matrices])
        rows = np.concatenate([matrix.rows for matrix in matrices])
        columns = np.concatenate(
            [
                matrix.columns + np.int32(offset)
                for matrix, offset in zip(matrices, offsets[:-1], strict=True)
            ]
        )
        values = np.concatenate([matrix.values for matrix in matrices])
        if heights == {1}:
            return cls(rows, columns, values, (1, int(offsets[-1])))
        order = np.argsort(rows, kind="stable")
        return cls(rows[order], columns[order], values[order], (heights.pop(), int(offsets[-1])))

    def to_dense(self) -> npt.NDArray[np.float32]:
        """Return the whole matrix, float32 [rows, columns]."""
        dense = np.zeros(self.shape, dtype=np.float32)
        dense[self.rows, self.columns] = self.values
        return dense
