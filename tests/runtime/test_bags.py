from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onnlu.bags import BLOCK_STEPS, Bags, Blocks, padded_bags
from onnlu.devices.buckets import bucketed
from onnlu.sparse import SparseMatrix

COLUMNS = 900


def matrix_of(lengths: list[int], seed: int = 0) -> SparseMatrix:
    """A matrix with that many distinct columns in each row, and values of any size."""
    random = np.random.default_rng(seed)
    columns = [random.choice(COLUMNS, size=length, replace=False).tolist() for length in lengths]
    values = [random.normal(size=length).astype(np.float32).tolist() for length in lengths]
    return SparseMatrix.from_row_columns(columns, COLUMNS, values)


def texts_of(matrices: list[SparseMatrix | None]) -> list[list[SparseMatrix]]:
    return [[] if matrix is None else [matrix] for matrix in matrices]


def dense_of(bags: Bags) -> npt.NDArray[np.float32]:
    """Add up the bags, entry by entry: float32 [batch * time, columns]."""
    batch, blocks, steps, size = bags.weights.shape
    dense = np.zeros((batch, blocks, steps, COLUMNS), np.float32)
    for text, block, step, entry in np.ndindex(batch, blocks, steps, size):
        dense[text, block, step, bags.ids[text, block, entry]] += bags.weights[
            text, block, step, entry
        ]
    return dense.reshape(-1, COLUMNS)


def expected_dense(matrices: list[SparseMatrix | None], time: int) -> npt.NDArray[np.float32]:
    dense = np.zeros((len(matrices), time, COLUMNS), np.float32)
    for index, matrix in enumerate(matrices):
        if matrix is not None:
            dense[index, : matrix.shape[0]] = matrix.to_dense()
    return dense.reshape(-1, COLUMNS)


def assert_well_formed(bags: Bags, batch: int, blocks: Blocks) -> None:
    size = bags.ids.shape[2]
    assert size >= 1
    assert bags.ids.shape == (batch, blocks.number, size)
    assert bags.weights.shape == (batch, blocks.number, blocks.steps, size)
    assert [array.dtype for array in bags] == ["int32", "float32"]
    rows_of_entries = (bags.weights != 0).sum(axis=2)
    assert rows_of_entries.max(initial=0) <= 1, "an entry is of one row"
    assert not bags.ids[rows_of_entries == 0].any(), "padding has the id 0"


ROW_LENGTHS = st.one_of(st.integers(0, 5), st.integers(0, 30), st.integers(0, 120))


@settings(deadline=None)
@given(data=st.data(), time=st.integers(1, 70), batch=st.integers(0, 4), seed=st.integers(0, 2**16))
def test_bags_add_up_to_the_dense_matrix(
    data: st.DataObject, time: int, batch: int, seed: int
) -> None:
    lengths = st.none() | st.lists(ROW_LENGTHS, max_size=time)
    matrices = [
        None if rows is None else matrix_of(rows, seed + index)
        for index, rows in enumerate(data.draw(st.lists(lengths, min_size=batch, max_size=batch)))
    ]
    blocks = Blocks.of(time)
    bags = padded_bags(texts_of(matrices), blocks)
    assert_well_formed(bags, batch, blocks)
    np.testing.assert_array_equal(dense_of(bags), expected_dense(matrices, blocks.time))


@given(time=st.integers(1, 128))
def test_blocks_are_few_and_hold_hardly_more_than_the_rows(time: int) -> None:
    blocks = Blocks.of(time)
    assert blocks.steps <= BLOCK_STEPS
    assert time <= blocks.time < time + blocks.number
    assert (blocks.number - 1) * BLOCK_STEPS < time


def test_long_texts_have_few_sizes_and_at_most_half_more_than_they_need() -> None:
    blocks = {Blocks.of(time) for time in range(129, 513)}
    assert sorted(b.time for b in blocks) == [192, 256, 384, 512]
    assert {b.steps for b in blocks} == {BLOCK_STEPS}
    for time in range(129, 2000):
        assert time <= Blocks.of(time).time < 1.5 * time


def test_a_bag_is_as_long_as_its_block_has_non_zeros() -> None:
    bags = padded_bags([[matrix_of([17, 24, 40, 20, 21])]], Blocks.of(5))
    assert bags.ids.shape == (1, 1, 17 + 24 + 40 + 20 + 21)


def test_the_fullest_block_decides_the_length_of_the_bags() -> None:
    bags = padded_bags([[matrix_of([5] * 40)], [matrix_of([5] * 3 + [200])]], Blocks.of(40))
    assert bags.ids.shape == (2, 2, 256)
    assert (bags.weights[..., 3 * 5 + 200 :] == 0).all()


@pytest.mark.parametrize("matrices", [[None], [None, None], [matrix_of([0, 0])], [matrix_of([])]])
def test_without_non_zeros_bags_hold_one_empty_place(
    matrices: list[SparseMatrix | None],
) -> None:
    bags = padded_bags(texts_of(matrices), Blocks.of(2))
    assert bags.ids.shape == (len(matrices), 1, 1)
    assert not bags.ids.any()
    assert not bags.weights.any()


def test_larger_types_of_a_featurizer_become_those_of_the_graph() -> None:
    for columns in ([[0, 2], [1]], [[2]]):
        matrix = SparseMatrix.from_row_columns(columns, COLUMNS)
        wide = SparseMatrix(
            matrix.rows.astype(np.int64),
            matrix.columns.astype(np.int64),
            matrix.values.astype(np.float64),
            matrix.shape,
        )
        blocks = Blocks.of(len(columns))
        assert_well_formed(padded_bags([[wide]], blocks), 1, blocks)
        assert_well_formed(padded_bags([[wide], [wide]], blocks), 2, blocks)


def test_lengths_of_bags_can_be_rounded() -> None:
    bags = padded_bags([[matrix_of([17, 24])]], Blocks.of(2), bucketed)
    assert bags.ids.shape == (1, 1, 64)
    np.testing.assert_array_equal(dense_of(bags), matrix_of([17, 24]).to_dense())


def test_more_rows_than_time_steps_are_an_error() -> None:
    with pytest.raises(ValueError, match="text 1 has a matrix of 3 rows"):
        padded_bags([[], [matrix_of([1, 1, 1])]], Blocks.of(2))


@settings(deadline=None)
@given(
    texts=st.lists(
        st.lists(st.lists(ROW_LENGTHS, min_size=1, max_size=6), max_size=3), min_size=1, max_size=4
    ),
    seed=st.integers(0, 2**16),
)
def test_matrices_side_by_side_are_as_one_matrix(texts: list[list[list[int]]], seed: int) -> None:
    tall = [[[*rows, 0, 0, 0, 0, 0][:6] for rows in text] for text in texts]
    apart = [[matrix_of(rows, seed + i) for i, rows in enumerate(text)] for text in tall]
    blocks = Blocks(2, 3)
    bags = padded_bags(apart, blocks)
    assert_well_formed(bags, len(texts), blocks)
    widest = max(map(len, apart), default=0) * COLUMNS or 1
    batch, _, steps, size = bags.weights.shape
    dense = np.zeros((batch, 6, widest), np.float32)
    for text, block, step, entry in np.ndindex(batch, 2, steps, size):
        row = dense[text, block * steps + step]
        row[bags.ids[text, block, entry]] += bags.weights[text, block, step, entry]
    for found, text in zip(dense, apart, strict=True):
        if text:
            expected = SparseMatrix.stack_columns(text).to_dense()
            np.testing.assert_array_equal(found[:, : expected.shape[1]], expected)
