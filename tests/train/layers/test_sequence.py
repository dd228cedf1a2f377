"""Behaviour of `ConcatenateSparseDenseFeatures` and `RasaFeatureCombiningLayer` (3.4)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.layers.attention import AttentionConfig
from onnlu_train.layers.sequence import (
    ConcatenateSparseDenseFeatures,
    FeatureCombining,
    InputConfig,
    SequenceLayer,
)
from onnlu_train.layers.transformer import TransformerConfig
from onnlu_train.model_data.signature import FeatureSignature

CONFIG = InputConfig(
    dense_dimension=4,
    drop_rate=0.5,
    sparse_dropout=True,
    dense_dropout=True,
    regularization_constant=0.0,
)
SPARSE = FeatureSignature(True, 6, 3)
DENSE = FeatureSignature(False, 4, 3)
LENGTHS = tf.constant([3, 1, 0])


def random(shape: tuple[int, ...], seed: int = 0) -> tf.Tensor:
    return tf.constant(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


def sparse(dense: tf.Tensor) -> tf.SparseTensor:
    return tf.sparse.from_dense(dense)


def test_sparse_features_become_dense_and_stand_beside_dense_ones():
    layer = ConcatenateSparseDenseFeatures([SPARSE, DENSE], CONFIG, name="both")
    features = random((2, 3, 6)), random((2, 3, 4), 1)
    out = layer([sparse(features[0]), features[1]])
    kernel, bias = (np.asarray(weight) for weight in layer.weights)
    assert layer.units == 8
    np.testing.assert_allclose(out[..., :4], features[0].numpy() @ kernel + bias, atol=1e-5)
    np.testing.assert_array_equal(out[..., 4:], features[1])


def test_several_sparse_features_share_one_layer():
    layer = ConcatenateSparseDenseFeatures([SPARSE, SPARSE], CONFIG, name="both")
    same = sparse(random((1, 2, 6)))
    out = layer([same, same])
    assert len(layer.weights) == 2
    np.testing.assert_array_equal(out[..., :4], out[..., 4:])


def test_dropout_acts_in_training_only():
    layer = ConcatenateSparseDenseFeatures([SPARSE], CONFIG, name="one")
    features = [sparse(random((4, 5, 6)))]
    np.testing.assert_array_equal(layer(features), layer(features))
    assert (layer(features, training=True).numpy() == 0).mean() > 0.3


@pytest.mark.parametrize("what", ["sparse_dropout", "dense_dropout"])
def test_each_dropout_can_be_switched_off(what: str):
    off = replace(CONFIG, sparse_dropout=False, dense_dropout=False)
    layer = ConcatenateSparseDenseFeatures([SPARSE], off, name="off")
    features = [sparse(random((4, 5, 6)))]
    np.testing.assert_array_equal(layer(features, training=True), layer(features))
    on = ConcatenateSparseDenseFeatures([SPARSE], replace(off, **{what: True}), name="on")
    assert np.abs(on(features, training=True) - on(features)).max() > 1e-3


def test_features_that_cannot_be_combined_are_refused():
    with pytest.raises(InvalidConfigException, match="no features to combine"):
        ConcatenateSparseDenseFeatures([], CONFIG, name="none")
    with pytest.raises(InvalidConfigException, match="need one width"):
        ConcatenateSparseDenseFeatures(
            [SPARSE, FeatureSignature(True, 7, 3)], CONFIG, name="widths"
        )


def test_tokens_alone_keep_their_slots_and_lose_their_padding():
    layer = FeatureCombining({"sequence": [DENSE]}, CONFIG, name="tokens")
    tokens = random((3, 3, 4))
    out, mask = layer({"sequence": [tokens]}, LENGTHS)
    assert mask.numpy().tolist() == [[1, 1, 1], [1, 0, 0], [0, 0, 0]]
    np.testing.assert_array_equal(out, tokens.numpy() * mask.numpy()[..., None])


def test_sentences_alone_take_one_slot():
    layer = FeatureCombining({"sentence": [DENSE]}, CONFIG, name="sentences")
    sentences = random((3, 1, 4))
    out, mask = layer({"sentence": [sentences]}, LENGTHS)
    np.testing.assert_array_equal(out, sentences)
    assert mask.numpy().tolist() == [[1], [1], [1]]


def test_the_sentence_takes_the_slot_after_the_last_token():
    layer = FeatureCombining({"sequence": [DENSE], "sentence": [DENSE]}, CONFIG, name="both")
    tokens, sentences = random((3, 3, 4)), random((3, 1, 4), 1)
    out, mask = layer({"sequence": [tokens], "sentence": [sentences]}, LENGTHS)
    expected = np.zeros((3, 4, 4), np.float32)
    for text, length in enumerate([3, 1, 0]):
        for slot in range(length):
            expected[text, slot] = tokens[text, slot]
        expected[text, length] = sentences[text, 0]
    np.testing.assert_array_equal(out, expected)
    assert mask.numpy().tolist() == [[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]]


def test_parts_of_different_width_are_refused():
    features = {"sequence": [DENSE], "sentence": [FeatureSignature(False, 5, 3)]}
    with pytest.raises(InvalidConfigException, match=r"need one width, got \[4, 5\]"):
        FeatureCombining(features, CONFIG, name="both")


def test_no_features_at_all_are_refused():
    with pytest.raises(InvalidConfigException, match="no features to combine"):
        FeatureCombining({}, CONFIG, name="none")


def test_a_sequence_layer_returns_rows_mask_and_attention():
    transformer = TransformerConfig(layers=2, attention=AttentionConfig(units=8, heads=2))
    features = {"sequence": [SPARSE], "sentence": [SPARSE]}
    layer = SequenceLayer(features, CONFIG, transformer, name="text")
    tokens, sentences = sparse(random((3, 3, 6))), sparse(random((3, 1, 6)))
    rows, mask, attention = layer({"sequence": [tokens], "sentence": [sentences]}, LENGTHS)
    assert rows.shape == (12, 8)
    assert mask.shape == (3, 4)
    assert attention.shape == (3, 2, 2, 4, 4)
    # GELU is bounded from below: it is applied last.
    assert rows.numpy().min() > -0.17
