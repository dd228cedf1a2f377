"""Behaviour of `RasaSequenceLayer` (behaviour.md 3.4)."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.attention import AttentionConfig
from onnlu_train.layers.dense import gelu
from onnlu_train.layers.feature_combining import FeatureCombining, InputConfig
from onnlu_train.layers.feed_forward import FeedForward, FeedForwardConfig
from onnlu_train.layers.sequence import EncodedText, SequenceLayer
from onnlu_train.layers.transformer import TransformerConfig
from onnlu_train.model_data.signature import FeatureSignature

DENSE = FeatureSignature(False, 6, 3)
LENGTHS = tf.constant([3, 1, 0], tf.int64)
TRANSFORMER = TransformerConfig(layers=2, attention=AttentionConfig(units=8, heads=2))


def sequence_layer(
    transformer: TransformerConfig | None,
    hidden_sizes: tuple[int, ...] = (),
    masks_inputs: bool = False,
) -> SequenceLayer:
    features = {"sequence": [DENSE], "sentence": [DENSE]}
    combining = FeatureCombining(features, InputConfig(4, 4), name="features")
    hidden = FeedForward(combining.units, hidden_sizes, FeedForwardConfig(), name="hidden")
    return SequenceLayer(combining, hidden, transformer, masks_inputs=masks_inputs, name="text")


def encoded(layer: SequenceLayer, training: bool = False) -> EncodedText:
    rng = np.random.default_rng(0)
    tokens, sentences = (
        tf.constant(rng.standard_normal(shape).astype(np.float32))
        for shape in ((3, 3, 6), (3, 1, 6))
    )
    return layer({"sequence": [tokens], "sentence": [sentences]}, LENGTHS, training=training)


def test_a_transformer_returns_rows_mask_and_attention():
    layer = sequence_layer(TRANSFORMER)
    text = encoded(layer)
    assert layer.units == 8
    assert text.rows.shape == (12, 8)
    assert text.mask.shape == (3, 4)
    assert text.attention.shape == (3, 2, 2, 4, 4)
    # GELU is bounded from below: it is applied last.
    assert text.rows.numpy().min() > -0.17


def test_without_transformer_the_inputs_are_what_comes_out():
    layer = sequence_layer(None)
    text = encoded(layer)
    assert layer.units == 6
    assert text.attention is None
    np.testing.assert_array_equal(text.rows, text.inputs)
    # No GELU either.
    assert text.rows.numpy().min() < -0.17


@pytest.mark.parametrize("transformer", [None, TRANSFORMER])
def test_hidden_layers_come_before_the_transformer(transformer: TransformerConfig | None):
    layer = sequence_layer(transformer, hidden_sizes=(5, 3))
    text = encoded(layer)
    kernels = [np.asarray(w) for w in layer.hidden.weights]
    combined = encoded(sequence_layer(None)).inputs.numpy()
    first = gelu(combined @ kernels[0] + kernels[1]).numpy()
    expected = gelu(first @ kernels[2] + kernels[3]).numpy()
    np.testing.assert_allclose(text.inputs, expected, atol=1e-5)
    assert layer.units == (8 if transformer else 3)


def test_inputs_are_masked_in_training_only_and_tokens_alone():
    layer = sequence_layer(TRANSFORMER, masks_inputs=True)
    assert encoded(layer).chosen is None
    is_token = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0], bool)
    chosen = np.zeros(12)
    changed = False
    for _ in range(60):
        text = encoded(layer, training=True)
        chosen += text.chosen.numpy()
        changed |= bool(np.abs(text.rows - encoded(layer).rows).max() > 1e-3)
        np.testing.assert_array_equal(text.inputs, encoded(layer).inputs)
    assert (chosen[is_token] > 0).all()
    assert (chosen[~is_token] == 0).all()
    assert changed


def test_nothing_is_masked_unless_asked_for():
    assert encoded(sequence_layer(TRANSFORMER), training=True).chosen is None
