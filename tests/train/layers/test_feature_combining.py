"""Behaviour of `ConcatenateSparseDenseFeatures` and `RasaFeatureCombiningLayer` (3.4)."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.layers.dense import gelu
from onnlu_train.layers.feature_combining import (
    ConcatenateSparseDenseFeatures,
    FeatureCombining,
    InputConfig,
)
from onnlu_train.layers.feed_forward import FeedForwardConfig
from onnlu_train.model_data.signature import FeatureSignature

CONFIG = InputConfig(
    dense_dimension=4,
    concat_dimension=7,
    sparse_dropout=True,
    dense_dropout=True,
    hidden=FeedForwardConfig(drop_rate=0.5),
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
    off = CONFIG._replace(sparse_dropout=False, dense_dropout=False)
    layer = ConcatenateSparseDenseFeatures([SPARSE], off, name="off")
    features = [sparse(random((4, 5, 6)))]
    np.testing.assert_array_equal(layer(features, training=True), layer(features))
    on = ConcatenateSparseDenseFeatures([SPARSE], off._replace(**{what: True}), name="on")
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


# "if widths differ both go through an Ffnn to concat_dimension[attribute]"
def test_parts_of_different_width_are_brought_to_one():
    wide = FeatureSignature(False, 5, 3)
    layer = FeatureCombining({"sequence": [DENSE], "sentence": [wide]}, CONFIG, name="both")
    tokens, sentences = random((3, 3, 4)), random((3, 1, 5), 1)
    out, mask = layer({"sequence": [tokens], "sentence": [sentences]}, LENGTHS)
    weights = {w.path: np.asarray(w) for w in layer.weights}
    assert layer.units == 7
    expected = np.zeros((3, 4, 7), np.float32)
    for kind, rows in (("sequence", tokens), ("sentence", sentences)):
        kernel, bias = (weights[f"both.{kind}.concat.0/{part}"] for part in ("kernel", "bias"))
        hidden = gelu(rows.numpy() @ kernel + bias).numpy()
        for text, length in enumerate(LENGTHS.numpy()):
            if kind == "sequence":
                expected[text, :length] = hidden[text, :length]
            else:
                expected[text, length] = hidden[text, 0]
    np.testing.assert_allclose(out, expected, atol=1e-5)
    assert mask.numpy().tolist() == [[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]]


# A bias must not reach the sentence's slot of those texts that another one is longer than.
def test_padding_stays_empty_where_widths_are_brought_to_one():
    features = {"sequence": [DENSE], "sentence": [FeatureSignature(False, 5, 3)]}
    layer = FeatureCombining(features, CONFIG, name="both")
    for weight in layer.weights:
        weight.assign(np.ones(weight.shape, np.float32))
    tokens, sentences = random((2, 3, 4)), random((2, 1, 5), 1)
    both, _ = layer({"sequence": [tokens], "sentence": [sentences]}, tf.constant([3, 1]))
    alone, _ = layer({"sequence": [tokens[1:, :1]], "sentence": [sentences[1:]]}, tf.constant([1]))
    np.testing.assert_allclose(both[1, :2], alone[0], atol=1e-5)
    assert (both[1, 2:].numpy() == 0).all()


def test_parts_of_one_width_have_no_further_layer():
    layer = FeatureCombining({"sequence": [DENSE], "sentence": [DENSE]}, CONFIG, name="both")
    assert layer.weights == []
    assert layer.units == 4


def test_features_of_one_type_alone_pass_through_a_layer_for_both():
    layer = FeatureCombining({"sequence": [DENSE], "sentence": [DENSE]}, CONFIG, name="both")
    tokens = random((3, 3, 4))
    out, mask = layer({"sequence": [tokens]}, LENGTHS)
    np.testing.assert_array_equal(out, tokens.numpy() * mask.numpy()[..., None])


def test_no_features_at_all_are_refused():
    with pytest.raises(InvalidConfigException, match="no features to combine"):
        FeatureCombining({}, CONFIG, name="none")
