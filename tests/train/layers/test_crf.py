"""The CRF layer: loss, decoding, and heads that depend on another head's tags."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.crf import CRF, add_parent
from onnlu_train.layers.crf_forward import log_likelihood
from onnlu_train.layers.viterbi import viterbi

RNG = np.random.default_rng(7)
LOGITS = RNG.normal(size=(3, 4, 5)).astype(np.float32)
TAG_IDS = RNG.integers(0, 5, (3, 4)).astype(np.int32)
LENGTHS = np.array([4, 2, 0], np.int32)


def crf(regularization_constant: float = 0.0) -> CRF:
    return CRF(5, regularization_constant, name="crf.entity")


def test_it_is_built_at_once_with_regularised_glorot_transitions() -> None:
    layer = crf(regularization_constant=0.5)
    (transitions,) = layer.trainable_variables
    assert layer.built
    assert transitions.shape == (5, 5)
    assert 0 < np.abs(transitions).max() <= np.sqrt(6 / (5 + 5))
    np.testing.assert_allclose(layer.losses, [0.5 * np.square(transitions).sum()], rtol=1e-6)


def test_the_loss_is_the_mean_over_the_batch() -> None:
    layer = crf()
    likelihood = log_likelihood(LOGITS, TAG_IDS, LENGTHS, tf.constant(layer.transitions))
    assert likelihood[2] == 0
    np.testing.assert_allclose(
        layer.loss(LOGITS, TAG_IDS, LENGTHS), -(likelihood[0] + likelihood[1]) / 3, rtol=1e-6
    )


def sure_of(probability: float) -> list[list[float]]:
    """Logits of one step over five tags that give tag 0 this probability."""
    return [[float(np.log(probability / (1 - probability) * 4)), 0.0, 0.0, 0.0, 0.0]]


def test_scaling_weighs_likely_rows_down_once_one_is_likelier_than_not() -> None:
    logits = np.array([sure_of(0.9), sure_of(0.3)], np.float32)
    loss = crf().loss(logits, np.zeros((2, 1), np.int32), np.array([1, 1]), scale=True)
    expected = [-np.log(p) * ((1 - p) / 0.5) ** 4 for p in (0.9, 0.3)]
    np.testing.assert_allclose(loss, np.mean(expected), rtol=1e-5)


def test_scaling_changes_nothing_while_no_row_is_likelier_than_not() -> None:
    logits = np.array([sure_of(0.4), sure_of(0.3), sure_of(0.3)], np.float32)
    loss = crf().loss(logits, np.zeros((3, 1), np.int32), np.array([1, 1, 0]), scale=True)
    np.testing.assert_allclose(loss, -(np.log(0.4) + np.log(0.3)) / 3, rtol=1e-5)


def test_no_gradient_flows_through_the_scale() -> None:
    logits = tf.constant([sure_of(0.8)])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = crf().loss(logits, np.zeros((1, 1), np.int32), np.array([1]), scale=True)
    expected = (0.2 / 0.5) ** 4 * np.array([-0.2, 0.05, 0.05, 0.05, 0.05])
    np.testing.assert_allclose(tape.gradient(loss, logits), [[expected]], atol=1e-6)


def test_training_learns_transitions_that_logits_cannot_tell() -> None:
    layer = crf()
    logits = tf.zeros([1, 6, 5])
    tags = np.array([[1, 2, 1, 2, 1, 2]], np.int32)
    for _ in range(30):
        with tf.GradientTape() as tape:
            loss = layer.loss(logits, tags, np.array([6]))
        layer.transitions.assign_sub(tape.gradient(loss, layer.transitions.value))
    decoded, _ = layer.decode(logits, np.array([6]))
    np.testing.assert_array_equal(np.abs(np.diff(decoded[0])), [1] * 5)


def test_decode_is_viterbi_with_its_transitions() -> None:
    layer = crf()
    for ours, expected in zip(
        layer.decode(LOGITS, LENGTHS),
        viterbi(LOGITS, LENGTHS, tf.constant(layer.transitions)),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, expected)


def test_a_parent_adds_a_row_of_its_table_to_each_step() -> None:
    layer = crf()
    table = RNG.normal(size=(3, 5)).astype(np.float32)
    parent_tags = RNG.integers(0, 3, (3, 4)).astype(np.int32)
    with_parent = LOGITS + np.eye(3, dtype=np.float32)[parent_tags] @ table
    np.testing.assert_allclose(add_parent(LOGITS, parent_tags, table), with_parent, atol=1e-6)
    tags, scores = layer.decode(LOGITS, LENGTHS, parent_tags, table)
    expected_tags, expected_scores = layer.decode(with_parent, LENGTHS)
    np.testing.assert_array_equal(tags, expected_tags)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-6)


def test_a_table_made_of_weights_learns() -> None:
    weights = tf.constant(RNG.normal(size=(3, 5)).astype(np.float32))
    parent_tags = RNG.integers(0, 3, (3, 4)).astype(np.int32)
    one_hot = np.eye(3, dtype=np.float32)[parent_tags]

    def gradient(by_table: bool) -> np.ndarray:
        with tf.GradientTape() as tape:
            tape.watch(weights)
            table = tf.matmul(tf.eye(3), weights)
            logits = (
                add_parent(LOGITS, parent_tags, table) if by_table else LOGITS + one_hot @ table
            )
            loss = tf.reduce_sum(tf.square(logits))
        return tape.gradient(loss, weights).numpy()

    np.testing.assert_allclose(gradient(by_table=True), gradient(by_table=False), rtol=1e-5)


@pytest.mark.parametrize("given", ["parent_tags", "parent_table"])
def test_a_parent_is_tags_and_table(given: str) -> None:
    with pytest.raises(ValueError, match=r"'crf.entity' needs parent_tags and parent_table"):
        crf().decode(LOGITS, LENGTHS, **{given: np.zeros((3, 4), np.int32)})


def test_logits_of_another_number_of_tags_are_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[\?,\?,5\]"):
        crf().decode(LOGITS[:, :, :4], LENGTHS)
