"""Sparse features as padded bags: the form in which an exported graph takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from onnlu.devices.buckets import Rounding, unrounded
from onnlu.sparse import SparseMatrix

# Weights of a row's own entries stand among zeros for those of its block: the larger a block, the
# more of these; the smaller, the more products, and the more texts of several blocks.
BLOCK_STEPS: Final = 32
# What a run leaves behind of memory serves the next one where that asks for as much or less: so
# texts of several blocks have bags of few lengths, and long ones few numbers of steps.
_LONG_BAG: Final = 128
_LONG_TEXT: Final = 128
_LONGER_TEXT: Final = 256
_SMALLEST_BAG: Final = 32


class Blocks(NamedTuple):
    """How the rows of each text are cut: into blocks of equally many steps.

    Attributes:
        number: how many.
        steps: rows of each.
    """

    number: int
    steps: int

    @classmethod
    def of(cls, time: int) -> Self:
        """Cut at least `time` rows into as few blocks of at most `BLOCK_STEPS` as there can be.

        Beyond 128 there are 192, 256, 384, 512 and so on.

        >>> Blocks.of(10), Blocks.of(33), Blocks.of(300)
        (Blocks(number=1, steps=10), Blocks(number=2, steps=17), Blocks(number=12, steps=32))
        """
        if time > _LONG_TEXT:
            time = _multiple(time, _LONG_TEXT if time > _LONGER_TEXT else _LONG_TEXT // 2)
        number = -(-time // BLOCK_STEPS)
        return cls(number, -(-time // number))

    @property
    def time(self) -> int:
        """Rows of a text; more than there had to be where they divide into blocks."""
        return self.number * self.steps

    def bag(self, entries: int) -> int:
        """Return the length of bags, of which the fullest has `entries`; at least 1."""
        return max(1, entries) if self.number == 1 else _multiple(entries, _LONG_BAG)


class Bags(NamedTuple):
    """The non-zeros of each block of rows in one bag, with their weight in each row of the block.

    Attributes:
        ids: int32 [batch, blocks, bag], columns; padded with 0.
        weights: float32 [batch, blocks, steps, bag]; an entry weighs nothing in other rows than its
            own, padding nothing at all. Row `block * steps + step` is `weights @ table[ids]`.
    """

    ids: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]


def padded_bags(
    texts: Sequence[Sequence[SparseMatrix]], blocks: Blocks, rounded: Rounding = unrounded
) -> Bags:
    """Put the sparse matrices of a batch into bags, about as long as the fullest one.

    Args:
        texts: [batch], for each text the matrices that stand side by side, with at most
            `blocks.time` rows each; none for no features. Missing rows are empty.
        blocks: how the rows are cut.
        rounded: what the length of the bags is rounded to.

    Returns:
        The bags; `bag` is at least 1.

    Raises:
        ValueError: a matrix has more rows.
    """
    _check_rows(texts, blocks.time)
    if len(texts) == blocks.number == 1 and rounded is unrounded and texts[0]:
        return _one_bag(texts[0], blocks.steps)
    entries = _Entries.of(texts, blocks)
    bag_count = len(texts) * blocks.number
    lengths = np.bincount(entries.bags, minlength=bag_count)
    positions = np.arange(len(entries.bags)) - (lengths.cumsum() - lengths)[entries.bags]
    bag = rounded(blocks.bag(int(lengths.max(initial=0))), _SMALLEST_BAG)
    ids = np.zeros((bag_count, bag), np.int32)
    weights = np.zeros((bag_count, blocks.steps, bag), np.float32)
    ids[entries.bags, positions] = entries.columns
    weights[entries.bags, entries.steps, positions] = entries.values
    shape = (len(texts), blocks.number)
    return Bags(ids.reshape(*shape, bag), weights.reshape(*shape, blocks.steps, bag))


def _one_bag(text: Sequence[SparseMatrix], steps: int) -> Bags:
    """Return the only bag: of `parse`, where each call of numpy counts."""
    # A featurizer of one's own may leave larger types.
    columns = np.concatenate(list(_shifted_columns(text)), dtype=np.int32, casting="same_kind")
    values = np.concatenate([m.values for m in text], dtype=np.float32, casting="same_kind")
    if not len(columns):
        return Bags(np.zeros((1, 1, 1), np.int32), np.zeros((1, 1, steps, 1), np.float32))
    if steps == 1:
        return Bags(columns.reshape(1, 1, -1), values.reshape(1, 1, 1, -1))
    weights = np.zeros((1, 1, steps, len(columns)), np.float32)
    rows = np.concatenate([matrix.rows for matrix in text])
    weights[0, 0, rows, np.arange(len(columns))] = values
    return Bags(columns.reshape(1, 1, -1), weights)


class _Entries(NamedTuple):
    """The non-zeros of a batch, bag by bag.

    Attributes:
        bags: int64 [non-zeros], `text * blocks + block`, ascending.
        steps: int64 [non-zeros], row within the block.
        columns: int32 [non-zeros].
        values: float32 [non-zeros].
    """

    bags: npt.NDArray[np.int64]
    steps: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]

    @classmethod
    def of(cls, texts: Sequence[Sequence[SparseMatrix]], blocks: Blocks) -> Self:
        """Collect the non-zeros of the matrices, those of each text side by side."""
        matrices = [(number, matrix) for number, text in enumerate(texts) for matrix in text]
        if not matrices:
            none = np.empty(0, np.int64)
            return cls(none, none, np.empty(0, np.int32), np.empty(0, np.float32))
        rows = np.concatenate([m.rows + n * blocks.time for n, m in matrices], dtype=np.int64)
        columns = np.concatenate([part for text in texts for part in _shifted_columns(text)])
        values = np.concatenate([matrix.values for _, matrix in matrices])
        bags, steps = np.divmod(rows, blocks.steps)
        if blocks.number == 1:  # in order as it is: text by text
            return cls(bags, steps, columns, values)
        order = bags.argsort(kind="stable")
        return cls(bags[order], steps[order], columns[order], values[order])


def _shifted_columns(text: Sequence[SparseMatrix]) -> Iterator[npt.NDArray[np.int32]]:
    """Yield the columns of matrices as they are once the matrices stand side by side."""
    offset = 0
    for matrix in text:
        yield matrix.columns + np.int32(offset) if offset else matrix.columns
        offset += matrix.shape[1]


def _multiple(size: int, unit: int) -> int:
    return max(1, -(-size // unit)) * unit


def _check_rows(texts: Sequence[Sequence[SparseMatrix]], time: int) -> None:
    for number, text in enumerate(texts):
        for matrix in text:
            if matrix.shape[0] > time:
                rows = f"text {number} has a matrix of {matrix.shape[0]} rows"
                raise ValueError(f"{rows}, the batch has {time}")
