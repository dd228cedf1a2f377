"""Sparse features as padded bags: the form in which an exported graph takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Self

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


def padded_bags(texts: Sequence[Sequence[SparseMatrix]], time: int) -> Bags:
    """Put the sparse matrices of a batch into bags.

    A bag is as long as the longest row where that is short, or where little is padding. Else its
    size makes the cost nearly the smallest possible. There are at most 64 cells for each row and 3
    for each non-zero.

    Args:
        texts: [batch], for each text the matrices that stand side by side, with at most `time` rows
            each; none for no features.
        time: rows of each text; missing ones become empty bags.

    Returns:
        The bags; `bag` is at least 1.

    Raises:
        ValueError: a matrix has more than `time` rows.
    """
    _check_rows(texts, time)
    entries = _Entries.of(texts, time)
    row_count = len(texts) * time
    counts = np.bincount(entries.rows, minlength=row_count)
    longest = int(counts.max()) if row_count else 0
    bag = _bag_size(counts, longest)
    cells = entries.rows * bag + entries.positions
    overflow_rows = _NO_ROWS
    if longest > bag:
        overflow_counts = _overflow_counts(counts, bag)
        overflow_rows = np.repeat(np.arange(row_count), overflow_counts)
        # Overflow rows of one row follow each other: what is beyond the bag moves in one piece.
        first_overflow = row_count + overflow_counts.cumsum() - overflow_counts
        beyond = entries.positions >= bag
        sources = entries.rows[beyond]
        cells[beyond] += (first_overflow[sources] - sources - 1) * bag
    ids = np.zeros((row_count + len(overflow_rows)) * bag, dtype=np.int32)
    weights = np.zeros(len(ids), dtype=np.float32)
    ids[cells] = entries.columns
    weights[cells] = entries.values
    shape, end = (len(texts), time, bag), row_count * bag
    return Bags(
        ids[:end].reshape(shape),
        weights[:end].reshape(shape),
        ids[end:].reshape(-1, bag),
        weights[end:].reshape(-1, bag),
        overflow_rows,
    )


class _Entries(NamedTuple):
    """The non-zeros of a batch, in any order.

    Attributes:
        rows: int64 [non-zeros], `text * time + step`.
        positions: int64 [non-zeros], how many others of the row come before.
        columns: int32 [non-zeros].
        values: float32 [non-zeros].
    """

    rows: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]

    @classmethod
    def of(cls, texts: Sequence[Sequence[SparseMatrix]], time: int) -> Self:
        """Collect the non-zeros of the matrices, those of each text side by side."""
        numbers = np.array([number for number, text in enumerate(texts) for _ in text], np.int64)
        matrices = [matrix for text in texts for matrix in text]
        if not matrices:
            return cls(_NO_ROWS, _NO_ROWS, np.empty(0, np.int32), np.empty(0, np.float32))
        columns = np.concatenate([part for text in texts for part in _shifted_columns(text)])
        values = np.concatenate([matrix.values for matrix in matrices])
        if time == len(texts) == 1:
            return cls(np.zeros(len(columns), np.int64), np.arange(len(columns)), columns, values)
        # A line is one row of one matrix; the entries of a line follow each other.
        lines = np.concatenate([m.rows + n * time for n, m in enumerate(matrices)], dtype=np.int64)
        sizes = np.bincount(lines, minlength=len(matrices) * time)
        by_matrix = sizes.reshape(len(matrices), time)
        before = by_matrix.cumsum(0) - by_matrix  # in this row, but of all texts so far
        before -= before[numbers.searchsorted(numbers)]
        first = before.ravel() - (sizes.cumsum() - sizes)
        row_of_line = (numbers[:, np.newaxis] * time + np.arange(time)).ravel()
        positions = (first[lines] + np.arange(len(lines))).astype(np.int64, copy=False)
        return cls(row_of_line[lines], positions, columns, values)


def _shifted_columns(text: Sequence[SparseMatrix]) -> Iterator[npt.NDArray[np.int32]]:
    """Yield the columns of matrices as they are once the matrices stand side by side."""
    offset = 0
    for matrix in text:
        yield matrix.columns + np.int32(offset) if offset else matrix.columns
        offset += matrix.shape[1]


def _check_rows(texts: Sequence[Sequence[SparseMatrix]], time: int) -> None:
    for number, text in enumerate(texts):
        for matrix in text:
            if matrix.shape[0] > time:
                rows = f"text {number} has a matrix of {matrix.shape[0]} rows"
                raise ValueError(f"{rows}, the batch has {time}")


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
