"""Behaviour of "cross entropy", "negative sampling", "scale_loss" (behaviour.md 3.6)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.loss import Similarities, SingleLabelDotProductLoss, scale_factor

NUMBERS = {
    "positive": [[1.0], [-0.5]],
    "text_label": [[0.2, -1.0], [0.3, 0.1]],
    "label_label": [[0.5, 0.4], [0.0, -0.3]],
    "text_text": [[-0.2, 0.9], [1.5, 0.2]],
    "label_text": [[0.1, 0.6], [-0.7, 0.8]],
}


def similarities(**changed: list[list[float]]) -> Similarities:
    return Similarities(**{k: tf.constant(v) for k, v in {**NUMBERS, **changed}.items()})


def by_hand(constrain: bool, rows: list[int], numbers: dict[str, list[list[float]]]) -> list[float]:
    losses = []
    for row in rows:
        part = {name: values[row] for name, values in numbers.items()}
        competing = part["positive"] + part["text_label"] + part["label_text"]
        if not constrain:
            competing += part["text_text"] + part["label_label"]
        loss = -math.log(math.exp(part["positive"][0]) / sum(math.exp(s) for s in competing))
        if constrain:
            wrong = [s for name in list(part)[1:] for s in part[name]]
            sigmoids = [-math.log(1 / (1 + math.exp(-part["positive"][0])))]
            sigmoids += [-math.log(1 - 1 / (1 + math.exp(-s))) for s in wrong]
            loss += sum(sigmoids) / len(sigmoids)
        losses.append(loss)
    return losses


@pytest.mark.parametrize("constrain", [False, True])
def test_cross_entropy_is_what_it_is_by_hand(constrain: bool):
    loss = SingleLabelDotProductLoss(2, constrain, scale_loss=False).loss(similarities())
    assert float(loss) == pytest.approx(np.mean(by_hand(constrain, [0, 1], NUMBERS)), rel=1e-5)


@pytest.mark.parametrize("constrain", [False, True])
def test_bad_negatives_count_for_nothing(constrain: bool):
    loss = SingleLabelDotProductLoss(2, constrain, scale_loss=False)
    masked = {**NUMBERS, "text_label": [[-1e9, -1.0], [0.3, 0.1]]}
    without = {**NUMBERS, "text_label": [[-1.0], [0.3, 0.1]]}
    found = float(loss.loss(similarities(text_label=masked["text_label"])))
    expected = by_hand(False, [0, 1], without)
    if constrain:
        # The masked number is surely no match: it adds 0 to the mean but counts in its length.
        expected = by_hand(True, [0, 1], {**NUMBERS, "text_label": [[-700.0, -1.0], [0.3, 0.1]]})
    assert found == pytest.approx(np.mean(expected), rel=1e-5)


def test_scaled_losses_are_weighed_by_their_factor():
    sure = {**NUMBERS, "positive": [[6.0], [-0.5]]}
    losses = np.array(by_hand(False, [0, 1], sure))
    assert math.exp(-losses[0]) > 0.5
    factors = ((1 - np.exp(-losses)) / 0.5) ** 4
    scaled = SingleLabelDotProductLoss(2, False, scale_loss=True)
    found = float(scaled.loss(similarities(positive=sure["positive"])))
    assert found == pytest.approx(np.mean(losses * factors), rel=1e-4)


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


def test_samples_of_the_own_label_are_masked_and_others_are_inner_products():
    rng = np.random.default_rng(0)
    texts = rng.standard_normal((4, 3)).astype(np.float32)
    labels = rng.standard_normal((2, 3)).astype(np.float32)
    ids = np.array([0, 0, 1, 1], np.int32)
    sampled = SingleLabelDotProductLoss(50, False, False)._sample(texts, ids, tf.constant(labels))
    np.testing.assert_allclose(
        sampled.positive[:, 0], [texts[i] @ labels[ids[i]] for i in range(4)], rtol=1e-5
    )
    for row in range(4):
        other, foreign = 1 - ids[row], np.flatnonzero(ids != ids[row])
        valid = {
            "text_label": [texts[row] @ labels[other]],
            "label_label": [labels[ids[row]] @ labels[other]],
            "text_text": [texts[row] @ texts[i] for i in foreign],
            "label_text": [labels[ids[row]] @ texts[i] for i in foreign],
        }
        for name, allowed in valid.items():
            values = getattr(sampled, name)[row].numpy()
            assert values.shape == (50,)
            bad = values < -1e8
            assert 5 < bad.sum() < 45
            gaps = np.abs(values[~bad][:, None] - np.array(allowed)[None]).min(axis=1)
            assert (gaps < 1e-5).all()


def test_accuracy_is_the_share_of_texts_nearest_to_their_own_label():
    labels = tf.constant([[1.0, 0.0], [0.0, 1.0]])
    texts = tf.constant([[5.0, 0.0], [0.0, 5.0], [5.0, 0.0], [5.0, 0.0]])
    ids = tf.constant([0, 1, 1, 0])
    _, accuracy = SingleLabelDotProductLoss(50, False, False)(texts, ids, labels)
    assert float(accuracy) == 0.75


def test_right_embeddings_lose_less_than_wrong_ones():
    labels = tf.constant([[3.0, 0.0], [0.0, 3.0]])
    loss = SingleLabelDotProductLoss(5, False, False)
    right, _ = loss(labels, tf.constant([0, 1]), labels)
    wrong, _ = loss(labels[::-1], tf.constant([0, 1]), labels)
    assert float(right) < float(wrong)
