"""Behaviour of `Ffnn` (behaviour.md 3.4)."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.dense import gelu
from onnlu_train.layers.feed_forward import FeedForward, FeedForwardConfig

ROWS = np.random.default_rng(0).standard_normal((50, 6)).astype(np.float32)


def test_each_layer_is_dense_and_gelu():
    layer = FeedForward(6, [5, 3], FeedForwardConfig(), name="hidden")
    first, first_bias, second, second_bias = (np.asarray(weight) for weight in layer.weights)
    expected = gelu(gelu(ROWS @ first + first_bias) @ second + second_bias)
    np.testing.assert_allclose(layer(ROWS), expected, atol=1e-5)
    assert layer.units == 3


# "empty sizes -> identity"
def test_no_sizes_change_nothing():
    layer = FeedForward(6, [], FeedForwardConfig(drop_rate=0.5), name="hidden")
    np.testing.assert_array_equal(layer(tf.constant(ROWS), training=True), ROWS)
    assert layer.units == 6
    assert layer.weights == []


def test_dropout_acts_in_training_only():
    layer = FeedForward(6, [200], FeedForwardConfig(drop_rate=0.5), name="hidden")
    assert (layer(ROWS, training=True).numpy() == 0).mean() == pytest.approx(0.5, abs=0.05)
    np.testing.assert_array_equal(layer(ROWS), layer(ROWS))


def test_connections_are_missing_and_kernels_regularised():
    config = FeedForwardConfig(density=0.2, regularization_constant=0.1)
    layer = FeedForward(6, [40], config, name="hidden")
    kernel = np.asarray(layer._dense_layers[0].kernel)
    assert (kernel == 0).mean() > 0.5
    assert float(tf.add_n(layer.losses)) == pytest.approx(0.1 * np.square(kernel).sum(), rel=1e-4)
