"""Behaviour of `RandomlyConnectedDense` (behaviour.md 3.4), layer normalisation, GELU, dropout."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.dense import (
    LayerNormalization,
    RandomlyConnectedDense,
    connections,
    dropout,
    gelu,
)


@pytest.mark.parametrize("shape", [(3, 7), (7, 3), (5, 5), (1, 4)])
def test_every_input_and_output_is_connected(shape: tuple[int, int]):
    mask = connections(shape, 0.0)
    assert (mask.sum(axis=0) >= 1).all()
    assert (mask.sum(axis=1) >= 1).all()
    assert mask.sum() == max(shape)


def test_density_is_the_share_of_the_connections():
    np.random.seed(0)
    mask = connections((400, 300), 0.2)
    expected = 0.2 + 0.8 * 400 / (400 * 300)
    assert abs(mask.mean() - expected) < 0.01
    assert set(np.unique(mask)) == {0.0, 1.0}


def test_full_density_needs_no_mask():
    layer = RandomlyConnectedDense(4, 3, name="full")
    assert [weight.path for weight in layer.weights] == ["full/kernel", "full/bias"]


def test_the_layer_is_a_product_with_the_connected_part_of_the_kernel():
    layer = RandomlyConnectedDense(6, 5, name="some", density=0.3)
    x = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)
    kernel, bias, mask = (np.asarray(w) for w in layer.weights)
    np.testing.assert_allclose(layer(x), x @ (kernel * mask) + bias, atol=1e-6)


def test_the_kernel_is_stored_without_the_missing_connections():
    layer = RandomlyConnectedDense(20, 20, name="some", density=0.2)
    kernel, _, mask = (np.asarray(w) for w in layer.weights)
    assert (mask == 0).any()
    assert (kernel[mask == 0] == 0).all()
    assert (kernel[mask == 1] != 0).all()


def test_missing_connections_stay_missing_in_training():
    layer = RandomlyConnectedDense(10, 8, name="some", density=0.2, regularization_constant=0.1)
    optimizer = keras.optimizers.Adam(0.1)
    x = np.random.default_rng(0).standard_normal((16, 10)).astype(np.float32)
    variables = layer.trainable_variables
    before = np.asarray(layer.weights[0])
    for _ in range(5):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(layer(x) - 1.0))
        optimizer.apply(tape.gradient(loss, [v.value for v in variables]), variables)
    kernel, _, mask = (np.asarray(w) for w in layer.weights)
    assert not np.allclose(kernel, before)
    assert (kernel[mask == 0] == 0).all()
    assert (layer.kernel.numpy()[mask == 0] == 0).all()


def test_only_the_kernel_is_regularised():
    layer = RandomlyConnectedDense(3, 2, name="some", regularization_constant=0.5)
    layer.weights[1].assign([10.0, 10.0])
    expected = 0.5 * np.sum(np.square(np.asarray(layer.weights[0])))
    assert float(tf.add_n(layer.losses)) == pytest.approx(expected, rel=1e-5)
    assert RandomlyConnectedDense(3, 2, name="other").losses == []


def test_a_layer_may_have_no_bias():
    layer = RandomlyConnectedDense(3, 2, name="plain", use_bias=False)
    assert layer.bias is None
    assert (layer(np.zeros((1, 3), np.float32)).numpy() == 0).all()


def test_normalised_rows_have_mean_beta_and_deviation_gamma():
    layer = LayerNormalization(4, name="norm")
    x = np.random.default_rng(1).standard_normal((3, 4)).astype(np.float32) * 5 + 2
    gamma, beta = layer.weights
    gamma.assign([1.0, 2.0, 3.0, 4.0])
    beta.assign([0.5, 0.0, -1.0, 2.0])
    expected = np.empty_like(x)
    for number, row in enumerate(x.astype(np.float64)):
        mean = sum(row) / 4
        variance = sum((value - mean) ** 2 for value in row) / 4
        for unit, value in enumerate(row):
            normal = (value - mean) / math.sqrt(variance + 1e-6)
            expected[number, unit] = normal * [1, 2, 3, 4][unit] + [0.5, 0, -1, 2][unit]
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)


def test_a_constant_row_is_normalised_to_beta():
    layer = LayerNormalization(3, name="norm")
    assert (layer(np.full((1, 3), 7.0, np.float32)).numpy() == 0).all()


def test_gelu_is_x_times_the_normal_distribution():
    x = np.linspace(-6, 6, 101, dtype=np.float32)
    expected = [v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in x.astype(np.float64)]
    np.testing.assert_allclose(gelu(tf.constant(x)), expected, atol=1e-6)


def test_dropout_rescales_what_it_keeps_and_only_in_training():
    tf.random.set_seed(1)
    x = tf.ones([100, 100])
    dropped = dropout(x, 0.25, True).numpy()
    assert set(np.unique(dropped)) == {np.float32(0), np.float32(1) / np.float32(0.75)}
    assert abs((dropped == 0).mean() - 0.25) < 0.02
    assert dropout(x, 0.25, False) is x
    assert dropout(x, 0.0, True) is x
