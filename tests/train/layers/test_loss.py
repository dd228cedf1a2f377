"""What all losses have in common: "scale_loss", "similarity", "confidences" (3.6)."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.loss import AUTO, COSINE, DotProductLoss, LossConfig, scale_factor

INPUTS = np.array([[3.0, 4.0], [0.0, 2.0]], np.float32)
LABELS = np.array([[1.0, 0.0], [0.0, 5.0], [3.0, 4.0]], np.float32)


# "only when the batch's max p > 0.5, else 1"
@pytest.mark.parametrize(
    ("likelihoods", "factors"),
    [
        ([0.1, 0.49], [1.0, 1.0]),
        ([0.5, 0.2], [1.0, 1.0]),
        ([0.51, 0.2], [(0.49 / 0.5) ** 4, (0.8 / 0.5) ** 4]),
        ([0.999], [(0.001 / 0.5) ** 4]),
    ],
)
def test_the_factor_on_both_sides_of_a_half(likelihoods: list[float], factors: list[float]):
    found = scale_factor(tf.math.log(tf.constant(likelihoods)))
    np.testing.assert_allclose(found, factors, rtol=1e-3)


def test_no_gradient_flows_through_the_factor():
    x = tf.constant([-0.1])
    with tf.GradientTape() as tape:
        tape.watch(x)
        factor = scale_factor(x)
    assert tape.gradient(factor, x) is None


def test_confidences_are_a_softmax_of_inner_products():
    found = DotProductLoss(LossConfig()).confidences(INPUTS, LABELS).numpy()
    powers = np.exp(INPUTS @ LABELS.T - (INPUTS @ LABELS.T).max(axis=1, keepdims=True))
    np.testing.assert_allclose(found, powers / powers.sum(axis=1, keepdims=True), atol=1e-6)


def test_confidences_may_be_the_similarities_themselves():
    layer = DotProductLoss(LossConfig(model_confidence=AUTO))
    np.testing.assert_allclose(layer.confidences(INPUTS, LABELS), INPUTS @ LABELS.T, atol=1e-5)


def test_cosines_of_equal_directions_are_one():
    layer = DotProductLoss(LossConfig(model_confidence=AUTO, similarity_type=COSINE))
    found = layer.confidences(INPUTS, LABELS)
    np.testing.assert_allclose(found, [[0.6, 0.8, 1.0], [0.0, 1.0, 0.8]], atol=1e-6)


def test_a_loss_that_is_none_says_so():
    with pytest.raises(NotImplementedError, match="DotProductLoss has no loss"):
        DotProductLoss(LossConfig())(INPUTS, tf.constant([0, 1]), LABELS)
