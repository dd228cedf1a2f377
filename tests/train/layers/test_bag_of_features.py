"""Labels as "combining layer without dropout, sum over steps, Ffnn" (behaviour.md 3.9)."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.bag_of_features import BagOfFeatures
from onnlu_train.layers.dense import gelu
from onnlu_train.layers.feature_combining import FeatureCombining, InputConfig
from onnlu_train.layers.feed_forward import FeedForward, FeedForwardConfig
from onnlu_train.model_data.signature import FeatureSignature

TOKENS = np.random.default_rng(0).standard_normal((3, 4, 5)).astype(np.float32)
LENGTHS = [4, 1, 2]


def bag(sizes: list[int], drop_rate: float = 0.0, *, is_sparse: bool = False) -> BagOfFeatures:
    config = FeedForwardConfig(drop_rate=drop_rate)
    inputs = InputConfig(4, 4, sparse_dropout=True, dense_dropout=True, hidden=config)
    combining = FeatureCombining(
        {"sequence": [FeatureSignature(is_sparse, 5, 3)]}, inputs, name="label"
    )
    hidden = FeedForward(combining.units, sizes, config, name="label.hidden")
    return BagOfFeatures(combining, hidden, name="label")


def test_tokens_are_added_up_and_pass_through_the_hidden_layers():
    layer = bag([3])
    kernel, bias = (np.asarray(weight) for weight in layer.weights)
    sums = np.stack([TOKENS[text, :length].sum(0) for text, length in enumerate(LENGTHS)])
    found = layer({"sequence": [tf.constant(TOKENS)]}, tf.constant(LENGTHS))
    np.testing.assert_allclose(found, gelu(sums @ kernel + bias), atol=1e-5)
    assert layer.units == 3


@pytest.mark.parametrize("is_sparse", [False, True])
def test_only_hidden_layers_have_dropout(is_sparse: bool):
    tokens = tf.sparse.from_dense(TOKENS) if is_sparse else tf.constant(TOKENS)
    features, lengths = {"sequence": [tokens]}, tf.constant(LENGTHS)
    without = bag([], drop_rate=0.9, is_sparse=is_sparse)
    np.testing.assert_array_equal(
        without(features, lengths, training=True), without(features, lengths)
    )
    hidden = bag([50], drop_rate=0.9, is_sparse=is_sparse)
    assert (hidden(features, lengths, training=True).numpy() == 0).mean() > 0.7
