from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onnlu.bags import SHORT_BAG, Bags, padded_bags
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
    batch, time, size = bags.ids.shape
    dense = np.zeros((batch * time, COLUMNS), np.float32)
    for row, ids, weights in zip(
        [*range(batch * time), *bags.overflow_rows],
        [*bags.ids.reshape(-1, size), *bags.overflow_ids],
        [*bags.weights.reshape(-1, size), *bags.overflow_weights],
        strict=True,
    ):
        for column, weight in zip(ids, weights, strict=True):
            dense[row, column] += weight
    return dense


def expected_dense(matrices: list[SparseMatrix | None], time: int) -> npt.NDArray[np.float32]:
    dense = np.zeros((len(matrices), time, COLUMNS), np.float32)
    for index, matrix in enumerate(matrices):
        if matrix is not None:
            dense[index, : matrix.shape[0]] = matrix.to_dense()
    return dense.reshape(-1, COLUMNS)


def cells(bags: Bags) -> int:
    return bags.ids.size + bags.overflow_ids.size


def assert_well_formed(bags: Bags, batch: int, time: int) -> None:
    size = bags.ids.shape[2]
    overflow = len(bags.overflow_rows)
    assert size >= 1
    assert bags.ids.shape == bags.weights.shape == (batch, time, size)
    assert bags.overflow_ids.shape == bags.overflow_weights.shape == (overflow, size)
    assert [array.dtype for array in bags] == ["int32", "float32", "int32", "float32", "int64"]
    assert bags.overflow_rows.tolist() == sorted(bags.overflow_rows.tolist())
    for ids, weights in ((bags.ids, bags.weights), (bags.overflow_ids, bags.overflow_weights)):
        assert not ids[weights == 0].any(), "padding has the id 0"


ROW_LENGTHS = st.one_of(st.integers(0, 30), st.integers(0, 30), st.integers(0, COLUMNS))


@settings(deadline=None)
@given(
    data=st.data(),
    time=st.integers(0, 8),
    batch=st.integers(0, 5),
    seed=st.integers(0, 2**16),
)
def test_bags_add_up_to_the_dense_matrix(
    data: st.DataObject, time: int, batch: int, seed: int
) -> None:
    lengths = st.none() | st.lists(ROW_LENGTHS, max_size=time)
    matrices = [
        None if rows is None else matrix_of(rows, seed + index)
        for index, rows in enumerate(data.draw(st.lists(lengths, min_size=batch, max_size=batch)))
    ]
    bags = padded_bags(texts_of(matrices), time)
    assert_well_formed(bags, batch, time)
    np.testing.assert_array_equal(dense_of(bags), expected_dense(matrices, time))


@settings(deadline=None)
@given(lengths=st.lists(ROW_LENGTHS, min_size=1, max_size=60))
def test_cells_follow_the_rows_and_the_non_zeros(lengths: list[int]) -> None:
    bags = padded_bags([[matrix_of(lengths)]], len(lengths))
    assert cells(bags) <= SHORT_BAG * len(lengths) + 3 * sum(lengths)


@settings(deadline=None)
@given(lengths=st.lists(st.integers(0, SHORT_BAG), min_size=1, max_size=20))
def test_rows_of_ordinary_length_never_overflow(lengths: list[int]) -> None:
    bags = padded_bags([[matrix_of(lengths)]], len(lengths))
    assert len(bags.overflow_rows) == 0
    assert bags.ids.shape[2] == max(1, *lengths)


def test_one_text_of_ordinary_tokens_is_padded_to_the_longest() -> None:
    bags = padded_bags([[matrix_of([17, 24, 40, 20, 21])]], 5)
    assert bags.ids.shape == (1, 5, 40)
    assert len(bags.overflow_rows) == 0


def test_a_huge_token_costs_at_most_as_much_again_as_its_batch() -> None:
    lengths = np.random.default_rng(1).integers(17, 25, size=(16, 20))
    ordinary = [matrix_of(row.tolist()) for row in lengths]
    lengths[7, 3] = 814
    with_blob = [matrix_of(row.tolist()) for row in lengths]
    assert cells(padded_bags(texts_of(with_blob), 20)) <= 2 * cells(
        padded_bags(texts_of(ordinary), 20)
    )


def test_one_long_row_fills_one_bag() -> None:
    bags = padded_bags([[matrix_of([300])]], 1)
    assert bags.ids.shape == (1, 1, 300)
    assert len(bags.overflow_rows) == 0


def test_overflow_rows_name_the_row_that_they_add_to() -> None:
    bags = padded_bags([[matrix_of([5] * 20)], [matrix_of([5] * 3 + [200] + [5] * 16)]], 20)
    assert len(bags.overflow_rows) > 1
    assert set(bags.overflow_rows.tolist()) == {20 + 3}


@pytest.mark.parametrize("matrices", [[None], [None, None], [matrix_of([0, 0])], [matrix_of([])]])
def test_without_non_zeros_bags_hold_one_empty_place(
    matrices: list[SparseMatrix | None],
) -> None:
    bags = padded_bags(texts_of(matrices), 2)
    assert bags.ids.shape == (len(matrices), 2, 1)
    assert not bags.ids.any()
    assert not bags.weights.any()


def test_equal_batches_have_equal_bags() -> None:
    matrices = [matrix_of([3, 200, 7]), None, matrix_of([90])]
    for first, second in zip(
        padded_bags(texts_of(matrices), 3), padded_bags(texts_of(matrices), 3), strict=True
    ):
        np.testing.assert_array_equal(first, second)


def test_more_rows_than_time_steps_are_an_error() -> None:
    with pytest.raises(ValueError, match="text 1 has a matrix of 3 rows"):
        padded_bags([[], [matrix_of([1, 1, 1])]], 2)


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
    joined = [[SparseMatrix.stack_columns(text)] if text else [] for text in apart]
    first, second = padded_bags(apart, 6), padded_bags(joined, 6)
    assert_well_formed(first, len(texts), 6)
    assert first.ids.shape == second.ids.shape
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
