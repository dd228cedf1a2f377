"""Behaviour of "multi-label (IntentTED)" (behaviour.md 3.6)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.loss import LossConfig
from onnlu_train.layers.multi_label_loss import PADDING_ID, MultiLabelDotProductLoss

LOGITS = [[2.0, -1.0, 0.5, 9.0], [0.3, 1.0, -2.0, 0.1]]
TARGETS = [[1.0, 1.0, 0.0, 1.0], [1.0, 0.0, 0.0, 1.0]]
WEIGHTS = [[1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]]


def layer(candidates: int = 2, scale_loss: bool = False) -> MultiLabelDotProductLoss:
    config = LossConfig(number_of_negative_examples=candidates, scale_loss=scale_loss)
    return MultiLabelDotProductLoss(config)


def by_hand() -> list[float]:
    losses = []
    for logits, targets, weights in zip(LOGITS, TARGETS, WEIGHTS, strict=True):
        terms = [
            -math.log(1 / (1 + math.exp(-x if is_right else x)))
            for x, is_right, counts in zip(logits, targets, weights, strict=True)
            if counts
        ]
        losses.append(sum(terms) / len(terms))
    return losses


def test_the_loss_is_what_it_is_by_hand_and_leaves_padding_out():
    loss, accuracy = layer().loss(*map(tf.constant, (LOGITS, TARGETS, WEIGHTS)))
    assert float(loss) == pytest.approx(np.mean(by_hand()), rel=1e-5)
    # Of the first text one of three is right, of the second three of four.
    assert float(accuracy) == pytest.approx((1 / 3 + 3 / 4) / 2)


def test_scaled_losses_are_weighed_by_their_factor():
    losses = np.array(by_hand())
    assert np.exp(-losses).max() > 0.5
    expected = np.mean(losses * ((1 - np.exp(-losses)) / 0.5) ** 4)
    loss, _ = layer(scale_loss=True).loss(*map(tf.constant, (LOGITS, TARGETS, WEIGHTS)))
    assert float(loss) == pytest.approx(expected, rel=1e-4)


def test_several_right_labels_are_learnt():
    labels = tf.constant(np.eye(3, dtype=np.float32))
    ids = tf.constant([[0, 1], [2, PADDING_ID]])
    right = tf.constant([[9.0, 9.0, -9.0], [-9.0, -9.0, 9.0]])
    loss, accuracy = layer(candidates=60)(right, ids, labels)
    assert float(loss) < 0.01
    assert float(accuracy) == 1.0
    single, _ = layer(candidates=60)(right, tf.constant([0, 2]), labels)
    # With one label each, the second label of the first text is a mistake.
    assert float(single) > 1.0


def test_labels_of_one_identity_are_right_together():
    labels = tf.constant(np.eye(3, dtype=np.float32))
    right = tf.constant([[9.0, 9.0, -9.0], [-9.0, -9.0, 9.0]])
    identities = tf.constant([[1.0], [1.0], [2.0]])
    loss, accuracy = layer(candidates=60)(right, tf.constant([0, 2]), labels, identities)
    assert float(loss) < 0.01
    assert float(accuracy) == 1.0
