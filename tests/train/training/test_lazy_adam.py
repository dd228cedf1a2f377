"""LazyAdam, held to Keras' own Adam."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from onnlu_train.training.lazy_adam import LazyAdam

SHAPE = (6, 4)


def trained(optimizer: keras.optimizers.Optimizer, gradients: list) -> np.ndarray:
    variable = keras.Variable(np.arange(24, dtype=np.float32).reshape(SHAPE) / 24)
    optimizer.build([variable])
    for gradient in gradients:
        optimizer.apply([gradient], [variable])
    return np.asarray(variable)


def dense_gradients(steps: int) -> list[tf.Tensor]:
    rng = np.random.default_rng(0)
    return [tf.constant(rng.normal(size=SHAPE), tf.float32) for _ in range(steps)]


def rows_of(gradient: tf.Tensor, rows: list[int]) -> tf.IndexedSlices:
    return tf.IndexedSlices(tf.gather(gradient, rows), tf.constant(rows, tf.int64), SHAPE)


def test_a_dense_gradient_is_applied_as_by_keras():
    gradients = dense_gradients(5)
    np.testing.assert_allclose(
        trained(LazyAdam(0.1), gradients),
        trained(keras.optimizers.Adam(0.1), gradients),
        rtol=1e-4,
        atol=1e-5,
    )


def test_rows_that_always_have_a_gradient_are_updated_as_by_keras():
    gradients = dense_gradients(5)
    rows = [3, 0, 5, 1, 2, 4]
    np.testing.assert_allclose(
        trained(LazyAdam(0.1), [rows_of(g, rows) for g in gradients]),
        trained(keras.optimizers.Adam(0.1), gradients),
        rtol=1e-4,
        atol=1e-5,
    )


def test_a_row_without_a_gradient_stays_as_it_is_even_after_it_had_one():
    gradients = dense_gradients(2)
    once = trained(LazyAdam(0.1), [rows_of(gradients[0], [1])])
    twice = trained(LazyAdam(0.1), [rows_of(gradients[0], [1]), rows_of(gradients[1], [2])])
    np.testing.assert_array_equal(twice[[0, 1, 3, 4, 5]], once[[0, 1, 3, 4, 5]])
    assert not np.array_equal(twice[2], once[2])


def test_a_schedule_decides_the_rate_of_each_step():
    schedule = keras.optimizers.schedules.PolynomialDecay(0.1, 4, 0.01)
    gradients = dense_gradients(4)
    np.testing.assert_allclose(
        trained(LazyAdam(schedule), gradients),
        trained(keras.optimizers.Adam(schedule), gradients),
        rtol=1e-4,
        atol=1e-5,
    )


def test_not_lazy_it_is_keras_adam_for_rows_too():
    gradients = dense_gradients(3)
    rows = [[1, 2], [0], [5, 1]]
    of_rows = [rows_of(g, r) for g, r in zip(gradients, rows, strict=True)]
    dense = [tf.convert_to_tensor(gradient) for gradient in of_rows]
    np.testing.assert_allclose(
        trained(LazyAdam(0.1, lazy=False), of_rows),
        trained(keras.optimizers.Adam(0.1), dense),
        rtol=1e-4,
        atol=1e-5,
    )


def test_clipping_by_the_global_norm_keeps_rows():
    gradients = dense_gradients(2)
    steps = [rows_of(gradients[0], [1]), rows_of(gradients[1], [2])]
    scaled = [
        tf.IndexedSlices(g.values / tf.norm(g.values), g.indices, g.dense_shape) for g in steps
    ]
    np.testing.assert_allclose(
        trained(LazyAdam(0.1, global_clipnorm=1.0), steps),
        trained(LazyAdam(0.1), scaled),
        rtol=1e-4,
        atol=1e-5,
    )
