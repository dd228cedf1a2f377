"""Behaviour of `DenseForSparse` and `SparseDropout` (behaviour.md 3.4)."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from onnlu.bags import Blocks, padded_bags
from onnlu.model_inputs import ONE_ROW, one_row
from onnlu.sparse import SparseMatrix
from onnlu_train.layers.sparse_to_dense import PaddedBags, SparseToDense, sparse_dropout
from onnlu_train.model_data.feature_array import SparseArray

WIDTH, UNITS = 300, 3


def layer() -> SparseToDense:
    made = SparseToDense(WIDTH, UNITS, name="dense")
    rng = np.random.default_rng(0)
    for weight in made.weights:
        weight.assign(rng.standard_normal(weight.shape).astype(np.float32))
    return made


def random_matrices(seed: int, counts: list[list[int]]) -> list[SparseMatrix]:
    """One matrix an example, with so many non-zeros a row."""
    rng = np.random.default_rng(seed)
    return [
        SparseMatrix.from_row_columns(
            [np.sort(rng.choice(WIDTH, n, replace=False)).tolist() for n in rows],
            WIDTH,
            [rng.standard_normal(n).tolist() for n in rows],
        )
        for rows in counts
    ]


def sparse_tensor(matrices: list[SparseMatrix]) -> tf.SparseTensor:
    indices, values, shape = SparseArray.from_matrices(matrices).batch(np.arange(len(matrices)))
    return tf.SparseTensor(indices, values, shape)


def expected(made: SparseToDense, matrices: list[SparseMatrix]) -> np.ndarray:
    kernel, bias = (np.asarray(weight) for weight in made.weights)
    longest = max(matrix.shape[0] for matrix in matrices)
    dense = np.zeros((len(matrices), longest, WIDTH), np.float32)
    for number, matrix in enumerate(matrices):
        dense[number, : matrix.shape[0]] = matrix.to_dense()
    return dense @ kernel + bias


ROWS = st.lists(st.sampled_from([0, 1, 7, 60, 200]), min_size=1, max_size=4)


@settings(max_examples=30)
@given(st.lists(ROWS, min_size=1, max_size=4), st.integers(0, 3))
def test_sparse_tensor_and_bags_give_the_dense_product(counts: list[list[int]], seed: int):
    made, matrices = layer(), random_matrices(seed, counts)
    reference = expected(made, matrices)
    np.testing.assert_allclose(made(sparse_tensor(matrices)), reference, atol=2e-5)
    bags = padded_bags([[matrix] for matrix in matrices], Blocks.of(reference.shape[1]))
    in_bags = made(PaddedBags(*(tf.constant(part) for part in bags)))
    np.testing.assert_allclose(in_bags, reference, atol=2e-5)


def test_rows_of_several_blocks_follow_each_other():
    made, matrices = layer(), random_matrices(0, [[3] * 65, [2] * 33])
    blocks = Blocks.of(65)
    assert blocks.number == 3
    assert blocks.time == 66
    bags = padded_bags([[matrix] for matrix in matrices], blocks)
    in_bags = made(PaddedBags(*(tf.constant(part) for part in bags)))
    np.testing.assert_allclose(in_bags[:, :65], expected(made, matrices), atol=2e-5)


def test_one_bag_an_example_is_one_row_an_example():
    made, matrices = layer(), random_matrices(0, [[3], [200], [0]])
    bags = one_row(padded_bags([[matrix] for matrix in matrices], ONE_ROW))
    assert bags.ids.ndim == 2
    in_bags = made(PaddedBags(*(tf.constant(part) for part in bags)))
    np.testing.assert_allclose(in_bags, expected(made, matrices), atol=2e-5)


def test_a_dense_tensor_is_refused():
    with pytest.raises(TypeError, match="dense takes sparse features"):
        layer()(tf.zeros([1, 2, WIDTH]))


def test_sparse_dropout_drops_its_share_and_leaves_the_rest_as_it_is():
    tf.random.set_seed(0)
    values = np.arange(1, 20_001, dtype=np.float32)
    indices = np.stack([np.zeros(20_000), np.arange(20_000)], 1).astype(np.int64)
    features = tf.SparseTensor(indices, values, [1, 20_000])
    dropped = sparse_dropout(features, 0.3).values.numpy()
    kept = dropped != 0
    assert abs((~kept).mean() - 0.3) < 0.02
    np.testing.assert_array_equal(dropped[kept], values[kept])


def test_a_wider_layer_keeps_its_rows_by_featurizer_and_its_regularisation():
    made = SparseToDense(5, UNITS, name="dense", regularization_constant=0.5)
    kernel, bias = (np.asarray(weight).copy() for weight in made.weights)
    (decay,) = (float(loss) for loss in made.losses)
    made.widen([0, 2, 3], [1, 4, 3])
    weights = {weight.path: np.asarray(weight) for weight in made.weights}
    wider = weights["dense/kernel"]
    assert wider.shape == (made.input_units, UNITS) == (8, UNITS)
    np.testing.assert_array_equal(wider[[1, 2, 5, 6, 7]], kernel)
    assert not wider[[0, 3, 4]].any()
    np.testing.assert_array_equal(weights["dense/bias"], bias)
    assert [float(loss) for loss in made.losses] == [pytest.approx(decay)]


@pytest.mark.parametrize("after", [[2], [2, 3, 1]])
def test_a_layer_is_not_widened_for_another_number_of_featurizers(after: list[int]):
    with pytest.raises(ValueError, match="zip"):
        SparseToDense(5, UNITS, name="dense").widen([2, 3], after)
