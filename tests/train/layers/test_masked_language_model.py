"""The loss of masked tokens (behaviour.md 3.9, "MLM")."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from onnlu_train.layers.loss import LossConfig
from onnlu_train.layers.masked_language_model import (
    MaskedLanguageModel,
    at_least_one,
    token_ids,
)
from onnlu_train.layers.sequence import EncodedText
from onnlu_train.layers.single_label_loss import SingleLabelDotProductLoss

WORDS = [[0, 1, 0], [2, 1, 1]]


def sparse(words: list[list[int]], units: int = 4) -> tf.SparseTensor:
    one_hot = np.eye(units, dtype=np.float32)[np.array(words)]
    return tf.sparse.from_dense(one_hot)


def test_equal_tokens_have_equal_ids_and_others_do_not():
    ids = token_ids([sparse(WORDS)]).numpy()
    assert ids.shape == (2, 3, 2)
    flat, words = ids.reshape(6, 2), np.array(WORDS).reshape(6)
    for one in range(6):
        for other in range(6):
            assert (flat[one] == flat[other]).all() == (words[one] == words[other])


def test_ids_are_sums_over_all_features_of_a_token():
    both = tf.SparseTensor([[0, 0, 1], [0, 0, 2], [0, 1, 1]], [2.0, 1.0, 1.0], [1, 2, 4])
    single = token_ids([sparse([[1, 2]])]).numpy()[0]
    found = token_ids([both]).numpy()[0]
    np.testing.assert_allclose(found, [2 * single[0] + single[1], single[0]], rtol=1e-6)


# "first dense sequence feature, else a fixed random 2-unit projection of the sparse ones"
def test_a_dense_feature_is_its_own_id():
    dense = tf.constant(np.random.default_rng(0).standard_normal((2, 3, 5)).astype(np.float32))
    np.testing.assert_array_equal(token_ids([sparse(WORDS), dense]), dense)


# "if nothing is masked the first position is forced"
def test_one_token_is_chosen_at_least():
    assert at_least_one(tf.constant([False, False, False])).numpy().tolist() == [1, 0, 0]
    assert at_least_one(tf.constant([False, True, True])).numpy().tolist() == [0, 1, 1]


def model(units: int = 4) -> MaskedLanguageModel:
    loss = SingleLabelDotProductLoss(LossConfig(number_of_negative_examples=30))
    return MaskedLanguageModel(units, units, units, loss, name="mlm")


def encoded(rows: np.ndarray, inputs: np.ndarray, chosen: list[int]) -> EncodedText:
    mask = tf.constant([[1.0, 1.0, 1.0, 1.0]] * 2)
    flags = tf.constant([number in chosen for number in range(8)])
    return EncodedText(tf.constant(rows), mask, None, tf.constant(inputs), flags)


def test_guesses_are_compared_with_what_the_tokens_were():
    layer = model()
    for weight in layer.weights:
        value = np.eye(4, dtype=np.float32) * 5 if weight.name == "kernel" else np.zeros(4)
        weight.assign(value)
    # Slots: three tokens and the sentence, of two texts.
    inputs = np.eye(4, dtype=np.float32)[[0, 1, 0, 3, 2, 1, 1, 3]]
    features = {"sequence": [sparse(WORDS)]}
    right, accuracy = layer(encoded(inputs, inputs, [0, 1, 4]), features)
    wrong, inaccuracy = layer(encoded(np.roll(inputs, 1, axis=1), inputs, [0, 1, 4]), features)
    assert float(accuracy) == 1.0
    assert float(inaccuracy) < 1.0
    assert float(right) < 0.1 < float(wrong)


def test_the_same_token_elsewhere_is_no_wrong_guess():
    layer = model()
    rng = np.random.default_rng(0)
    rows, inputs = (rng.standard_normal((8, 4)).astype(np.float32) for _ in range(2))
    # Slots 0 and 2 hold the same word: there is nothing to tell apart.
    loss, accuracy = layer(encoded(rows, inputs, [0, 2]), {"sequence": [sparse(WORDS)]})
    assert float(loss) < 1e-6
    assert float(accuracy) == 1.0
    different, _ = layer(encoded(rows, inputs, [0, 1]), {"sequence": [sparse(WORDS)]})
    assert float(different) > 1e-3
