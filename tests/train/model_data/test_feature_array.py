"""Behaviour of rows `FeatureArray` and "sparse 3-D", "dense 3-D" (behaviour.md 3.1, 3.3)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu.sparse import SparseMatrix
from onnlu_train.model_data.feature_array import (
    DenseArray,
    FeatureArray,
    RaggedArray,
    SparseArray,
    ranges,
)
from onnlu_train.model_data.signature import FeatureSignature

UNITS = 5


@st.composite
def matrices(draw: st.DrawFn) -> list[np.ndarray]:
    """A dense matrix [tokens, 5] an example, mostly zeros; some examples have no token."""
    counts = draw(st.lists(st.integers(0, 4), min_size=1, max_size=6))
    value = st.sampled_from([0.0, 0.0, 0.0, 1.0, -2.5])
    row = st.lists(value, min_size=UNITS, max_size=UNITS)
    return [
        np.array(draw(st.lists(row, min_size=n, max_size=n)), np.float32).reshape(n, UNITS)
        for n in counts
    ]


def sparse(dense: np.ndarray) -> SparseMatrix:
    rows, columns = np.nonzero(dense)
    return SparseMatrix(
        rows.astype(np.int32), columns.astype(np.int32), dense[rows, columns], dense.shape
    )


def padded(examples: list[np.ndarray]) -> np.ndarray:
    """The batch as a loop builds it: zeros after each example's last token."""
    batch = np.zeros((len(examples), max(len(e) for e in examples), UNITS), np.float32)
    for number, example in enumerate(examples):
        for row, values in enumerate(example):
            batch[number, row] = values
    return batch


def densified(array: FeatureArray, examples: np.ndarray) -> np.ndarray:
    indices, values, shape = array.batch(examples)
    batch = np.zeros(tuple(shape), np.float32)
    for place, value in zip(indices, values, strict=True):
        batch[tuple(place)] += value
    return batch


def choices(number: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, number - 1), min_size=1, max_size=8)


@given(matrices(), st.data())
def test_sparse_batches_are_the_padded_matrices(dense: list[np.ndarray], data: st.DataObject):
    array = SparseArray.from_matrices([sparse(matrix) for matrix in dense])
    chosen = np.array(data.draw(choices(len(dense))))
    np.testing.assert_array_equal(densified(array, chosen), padded([dense[i] for i in chosen]))


@given(matrices(), st.data())
def test_ragged_batches_are_the_padded_matrices(dense: list[np.ndarray], data: st.DataObject):
    array = RaggedArray.from_matrices(dense)
    chosen = np.array(data.draw(choices(len(dense))))
    (batch,) = array.batch(chosen)
    np.testing.assert_array_equal(batch, padded([dense[i] for i in chosen]))


@given(matrices(), st.data())
def test_a_batch_of_what_was_taken_is_the_batch_of_the_whole(
    dense: list[np.ndarray], data: st.DataObject
):
    chosen = np.array(data.draw(choices(len(dense))))
    everything = np.arange(len(chosen))
    for array in (
        SparseArray.from_matrices([sparse(matrix) for matrix in dense]),
        RaggedArray.from_matrices(dense),
        DenseArray(np.arange(len(dense))),
    ):
        taken = array.take(chosen)
        assert len(taken) == len(chosen)
        assert taken.signature == array.signature
        for ours, reference in zip(taken.batch(everything), array.batch(chosen), strict=True):
            np.testing.assert_array_equal(ours, reference)


@given(matrices())
def test_an_example_of_a_sparse_array_is_the_matrix_it_was_made_of(dense: list[np.ndarray]):
    array = SparseArray.from_matrices([sparse(matrix) for matrix in dense])
    for index, matrix in enumerate(dense):
        np.testing.assert_array_equal(array.example(index).to_dense(), matrix)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5))))
def test_ranges_are_what_a_loop_gives(pairs: list[tuple[int, int]]):
    starts = np.array([start for start, _ in pairs], np.int64)
    counts = np.array([count for _, count in pairs], np.int64)
    expected = [start + step for start, count in pairs for step in range(count)]
    assert ranges(starts, counts).tolist() == expected


def test_sparse_tensors_have_the_dtypes_of_the_contract():
    array = SparseArray.from_matrices([SparseMatrix.from_row_columns([[1], [0, 2]], 4)])
    indices, values, shape = array.batch(np.array([0, 0]))
    assert (indices.dtype, values.dtype, shape.dtype) == (np.int64, np.float32, np.int64)
    assert indices.tolist() == [[0, 0, 1], [0, 1, 0], [0, 1, 2], [1, 0, 1], [1, 1, 0], [1, 1, 2]]
    assert shape.tolist() == [2, 2, 4]


def test_the_table_of_signatures():
    number = DenseArray(np.array([1, 2, 3], np.int64))
    vector = DenseArray(np.zeros((3, 7), np.float32))
    ragged = RaggedArray.from_matrices([np.zeros((2, 4), np.int32)])
    rows = SparseArray.from_matrices([SparseMatrix.from_row_columns([[1]], 9)])
    assert number.signature == FeatureSignature(False, 1, 1, "int64")
    assert vector.signature == FeatureSignature(False, 7, 2, "float32")
    assert ragged.signature == FeatureSignature(False, 4, 3, "int32")
    assert rows.signature == FeatureSignature(True, 9, 3, "float32")
    assert [array.is_sparse for array in (number, vector, ragged, rows)] == [0, 0, 0, 1]


def test_a_dense_array_of_three_dimensions_is_refused():
    with pytest.raises(ValueError, match="1 or 2 dimensions, not 3"):
        DenseArray(np.zeros((1, 2, 3)))


def test_sparse_matrices_of_different_widths_are_refused():
    narrow, wide = (SparseMatrix.from_row_columns([[0]], width) for width in (2, 3))
    with pytest.raises(ValueError, match=r"one width in all examples, got \[2, 3\]"):
        SparseArray.from_matrices([narrow, wide])
