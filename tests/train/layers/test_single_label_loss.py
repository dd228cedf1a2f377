"""Behaviour of "cross entropy", "margin", "negative sampling" (behaviour.md 3.6)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.loss import COSINE, MARGIN, LossConfig
from onnlu_train.layers.single_label_loss import Similarities, SingleLabelDotProductLoss

NUMBERS = {
    "positive": [[1.0], [-0.5]],
    "input_label": [[0.2, -1.0], [0.3, 0.1]],
    "label_label": [[0.5, 0.4], [0.0, -0.3]],
    "input_input": [[-0.2, 0.9], [1.5, 0.2]],
    "label_input": [[0.1, 0.6], [-0.7, 0.8]],
}


def similarities(**changed: list[list[float]]) -> Similarities:
    return Similarities(**{k: tf.constant(v) for k, v in {**NUMBERS, **changed}.items()})


def loss_layer(negatives: int = 2, **options: Any) -> SingleLabelDotProductLoss:
    return SingleLabelDotProductLoss(LossConfig(number_of_negative_examples=negatives, **options))


def by_hand(constrain: bool, rows: list[int], numbers: dict[str, list[list[float]]]) -> list[float]:
    losses = []
    for row in rows:
        part = {name: values[row] for name, values in numbers.items()}
        competing = part["positive"] + part["input_label"] + part["label_input"]
        if not constrain:
            competing += part["input_input"] + part["label_label"]
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
    loss = loss_layer(constrain_similarities=constrain).loss(similarities())
    assert float(loss) == pytest.approx(np.mean(by_hand(constrain, [0, 1], NUMBERS)), rel=1e-5)


@pytest.mark.parametrize("constrain", [False, True])
def test_bad_negatives_count_for_nothing(constrain: bool):
    loss = loss_layer(constrain_similarities=constrain)
    masked = {**NUMBERS, "input_label": [[-1e9, -1.0], [0.3, 0.1]]}
    without = {**NUMBERS, "input_label": [[-1.0], [0.3, 0.1]]}
    found = float(loss.loss(similarities(input_label=masked["input_label"])))
    expected = by_hand(False, [0, 1], without)
    if constrain:
        # The masked number is surely no match: it adds 0 to the mean but counts in its length.
        expected = by_hand(True, [0, 1], {**NUMBERS, "input_label": [[-700.0, -1.0], [0.3, 0.1]]})
    assert found == pytest.approx(np.mean(expected), rel=1e-5)


def test_scaled_losses_are_weighed_by_their_factor():
    sure = {**NUMBERS, "positive": [[6.0], [-0.5]]}
    losses = np.array(by_hand(False, [0, 1], sure))
    assert math.exp(-losses[0]) > 0.5
    factors = ((1 - np.exp(-losses)) / 0.5) ** 4
    scaled = loss_layer(scale_loss=True)
    found = float(scaled.loss(similarities(positive=sure["positive"])))
    assert found == pytest.approx(np.mean(losses * factors), rel=1e-4)


def test_samples_of_the_own_label_are_masked_and_others_are_inner_products():
    rng = np.random.default_rng(0)
    texts = rng.standard_normal((4, 3)).astype(np.float32)
    labels = rng.standard_normal((2, 3)).astype(np.float32)
    ids = np.array([0, 0, 1, 1], np.int32)
    sampled = loss_layer(50)._sample(texts, ids, tf.constant(labels), None)
    np.testing.assert_allclose(
        sampled.positive[:, 0], [texts[i] @ labels[ids[i]] for i in range(4)], rtol=1e-5
    )
    for row in range(4):
        other, foreign = 1 - ids[row], np.flatnonzero(ids != ids[row])
        valid = {
            "input_label": [texts[row] @ labels[other]],
            "label_label": [labels[ids[row]] @ labels[other]],
            "input_input": [texts[row] @ texts[i] for i in foreign],
            "label_input": [labels[ids[row]] @ texts[i] for i in foreign],
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
    _, accuracy = loss_layer(50)(texts, ids, labels)
    assert float(accuracy) == 0.75


def test_right_embeddings_lose_less_than_wrong_ones():
    labels = tf.constant([[3.0, 0.0], [0.0, 3.0]])
    loss = loss_layer(5)
    right, _ = loss(labels, tf.constant([0, 1]), labels)
    wrong, _ = loss(labels[::-1], tf.constant([0, 1]), labels)
    assert float(right) < float(wrong)


# "a draw whose label equals the true one": equal labels need not have one id.
def test_samples_of_a_label_with_the_own_identity_are_masked():
    labels = tf.constant(np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32))
    identities = tf.constant([[1.0, 2.0], [1.0, 3.0], [1.0, 2.0]])
    ids = tf.constant([0, 1])
    sampled = loss_layer(60)._sample(labels[:2], ids, labels, identities)
    products = labels.numpy() @ labels.numpy().T
    for row, foreign in ((0, [1]), (1, [0, 2])):
        values = sampled.input_label[row].numpy()
        kept = values[values > -1e8]
        assert 0 < len(kept) < 60
        gaps = np.abs(kept[:, None] - products[row, foreign][None])
        assert (gaps.min(axis=1) < 1e-5).all()


def margins_by_hand(row: int, largest_only: bool, numbers: dict[str, Any]) -> float:
    part = {name: values[row] for name, values in numbers.items()}
    loss = max(0.0, 0.9 - part["positive"][0])
    wrong = [max(0.0, -0.3 + s) for s in part["input_label"]]
    loss += max(wrong) if largest_only else sum(wrong)
    for name in ("label_label", "input_input", "label_input"):
        loss += 0.5 * max(0.0, -0.3 + max(part[name]))
    return loss


@pytest.mark.parametrize("largest_only", [False, True])
def test_margins_are_what_they_are_by_hand(largest_only: bool):
    layer = loss_layer(
        loss_type=MARGIN,
        maximum_positive_similarity=0.9,
        maximum_negative_similarity=-0.3,
        use_maximum_negative_similarity=largest_only,
        negative_margin_scale=0.5,
    )
    found = float(layer.loss(similarities(input_label=[[0.7, 0.5], [0.3, 0.1]])))
    numbers = {**NUMBERS, "input_label": [[0.7, 0.5], [0.3, 0.1]]}
    expected = np.mean([margins_by_hand(row, largest_only, numbers) for row in (0, 1)])
    assert found == pytest.approx(expected, rel=1e-5)


def test_cosine_similarities_have_no_length():
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((3, 4)).astype(np.float32)
    labels, ids = rng.standard_normal((2, 4)).astype(np.float32), tf.constant([0, 1, 0])
    layer = loss_layer(similarity_type=COSINE)
    expected = [
        inputs[i] @ labels[k] / np.linalg.norm(inputs[i]) / np.linalg.norm(labels[k])
        for i, k in enumerate(ids.numpy())
    ]
    for scale in (1.0, 7.0):
        found = layer._sample(tf.constant(inputs * scale), ids, tf.constant(labels), None)
        np.testing.assert_allclose(found.positive[:, 0], expected, atol=1e-6)
