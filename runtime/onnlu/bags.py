"""Sparse features as padded bags: the form in which an exported graph takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from onnlu.sparse import SparseMatrix

# Ordinary tokens have 17 - 24 known features and some 40; padding to that costs little.
SHORT_BAG: Final = 64
# What an overflow row costs beside its cells, in cells: the product that adds it to its row.
_OVERFLOW_COST: Final = 32
_BAG_SIZES: Final = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
_NO_ROWS: Final = np.empty(0, dtype=np.int64)


class Bags(NamedTuple):
    """Column numbers and values of the non-zeros of each row, padded with id 0 of weight 0.

    What a row holds beyond `bag` entries stands in overflow rows, which add to it.

    Attributes:
        ids: int32 [batch, time, bag].
        weights: float32 [batch, time, bag].
        overflow_ids: int32 [overflow, bag].
        overflow_weights: float32 [overflow, bag].
        overflow_rows: int64 [overflow], ascending; the row `example * time + step` each adds to.
    """

    ids: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    overflow_ids: npt.NDArray[np.int32]
    overflow_weights: npt.NDArray[np.float32]
    overflow_rows: npt.NDArray[np.int64]


def padded_bags(matrices: Sequence[SparseMatrix | None], time: int) -> Bags:
    """Put the sparse matrices of a batch into bags.

    A bag is as long as the longest row where that is short, or where little is padding. Else its
    size makes the cost nearly the smallest possible. There are at most 64 cells for each row and 3
    for each non-zero.

    Args:
        matrices: [batch], one matrix a text with at most `time` rows; None for no features.
        time: rows of each text; missing ones become empty bags.

    Returns:
        The bags; `bag` is at least 1.

    Raises:
        ValueError: a matrix has more than `time` rows.
    """
    rows, columns, values = _joined(matrices, time)
    row_count = len(matrices) * time
    counts = np.bincount(rows, minlength=row_count)
    longest = int(counts.max()) if row_count else 0
    bag = _bag_size(counts, longest)
    positions = np.arange(len(rows)) - (counts.cumsum() - counts)[rows]
    cells = rows * bag + positions
    overflow_rows = _NO_ROWS
    if longest > bag:
        overflow_counts = _overflow_counts(counts, bag)
        overflow_rows = np.repeat(np.arange(row_count), overflow_counts)
        # Overflow rows of one row follow each other: what is beyond the bag moves in one piece.
        first_overflow = row_count + overflow_counts.cumsum() - overflow_counts
        beyond = positions >= bag
        sources = rows[beyond]
        cells[beyond] += (first_overflow[sources] - sources - 1) * bag
    ids = np.zeros((row_count + len(overflow_rows)) * bag, dtype=np.int32)
    weights = np.zeros(len(ids), dtype=np.float32)
    ids[cells] = columns
    weights[cells] = values
    shape, end = (len(matrices), time, bag), row_count * bag
    return Bags(
        ids[:end].reshape(shape),
        weights[:end].reshape(shape),
        ids[end:].reshape(-1, bag),
        weights[end:].reshape(-1, bag),
        overflow_rows,
    )


def _joined(
    matrices: Sequence[SparseMatrix | None], time: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return rows (counted through the batch), columns and values of all matrices."""
    found = [(index, matrix) for index, matrix in enumerate(matrices) if matrix is not None]
    for index, matrix in found:
        if matrix.shape[0] > time:
            raise ValueError(f"matrix {index} has {matrix.shape[0]} rows, the batch has {time}")
    if len(found) == 1:
        index, matrix = found[0]
        return matrix.rows + np.int64(index * time), matrix.columns, matrix.values
    if not found:
        return _NO_ROWS, np.empty(0, np.int32), np.empty(0, np.float32)
    first_rows = [index * time for index, _ in found]
    lengths = [len(matrix.rows) for _, matrix in found]
    return (
        np.concatenate([matrix.rows for _, matrix in found]) + np.repeat(first_rows, lengths),
        np.concatenate([matrix.columns for _, matrix in found]),
        np.concatenate([matrix.values for _, matrix in found]),
    )


def _bag_size(counts: npt.NDArray[np.int64], longest: int) -> int:
    """Choose the size of a bag from the number of non-zeros of each row."""
    entries = int(counts.sum())
    if longest <= SHORT_BAG or longest * len(counts) <= 2 * entries:
        return max(longest, 1)
    mean = -(-entries // len(counts))
    sizes = np.array([longest, mean, *(size for size in _BAG_SIZES if size < longest)])
    lengths, frequencies = np.unique(counts, return_counts=True)
    overflow = _overflow_counts(lengths, sizes[:, np.newaxis]) @ frequencies
    costs = (len(counts) + overflow) * sizes + overflow * _OVERFLOW_COST
    return int(sizes[costs.argmin()])


def _overflow_counts(
    counts: npt.NDArray[np.int64], bag: npt.NDArray[np.int64] | int
) -> npt.NDArray[np.int64]:
    """Return how many overflow rows each row needs."""
    needed: npt.NDArray[np.int64] = np.maximum((counts - 1) // bag, 0)
    return needed
