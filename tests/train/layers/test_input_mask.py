"""Behaviour of `InputMask` (behaviour.md 3.4)."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.input_mask import InputMask

ROWS = 20_000
UNITS = 3


@pytest.fixture(scope="module")
def masked() -> tuple[np.ndarray, ...]:
    """Rows, whether they are tokens, what became of them, which were chosen, the mask vector."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((ROWS, UNITS)).astype(np.float32)
    is_token = (rng.random(ROWS) < 0.8).astype(np.float32)
    tf.random.set_seed(0)
    layer = InputMask(UNITS, name="mask")
    found, chosen = layer(rows, is_token)
    return rows, is_token > 0, found.numpy(), chosen.numpy(), np.asarray(layer.weights[0])


def test_a_share_of_the_tokens_is_chosen_and_nothing_else(masked: tuple[np.ndarray, ...]):
    rows, is_token, found, chosen, _ = masked
    assert chosen[is_token].mean() == pytest.approx(0.15, abs=0.01)
    assert not chosen[~is_token].any()
    np.testing.assert_array_equal(found[~chosen], rows[~chosen])


def test_chosen_tokens_become_the_mask_vector_or_another_token_or_stay(
    masked: tuple[np.ndarray, ...],
):
    rows, is_token, found, chosen, mask_vector = masked
    is_mask = (found == mask_vector).all(axis=1) & chosen
    is_same = (found == rows).all(axis=1) & chosen
    is_other = chosen & ~is_mask & ~is_same
    assert is_mask.sum() / chosen.sum() == pytest.approx(0.7, abs=0.03)
    assert is_same.sum() / chosen.sum() == pytest.approx(0.2, abs=0.03)
    assert is_other.sum() / chosen.sum() == pytest.approx(0.1, abs=0.03)
    tokens = {row.tobytes() for row in rows[is_token]}
    padding = {row.tobytes() for row in rows[~is_token]}
    known = [row.tobytes() in tokens for row in found[is_other]]
    # What is no token is filled with noise before it is handed round.
    assert np.mean(known) == pytest.approx(0.8, abs=0.08)
    assert not any(row.tobytes() in padding for row in found[is_other])
    assert rows.min() <= found.min()
    assert found.max() <= rows.max()


def test_the_mask_vector_is_learnt():
    layer = InputMask(UNITS, name="mask")
    rows = tf.random.normal([200, UNITS])
    with tf.GradientTape() as tape:
        found, _ = layer(rows, tf.ones([200]))
        loss = tf.reduce_sum(found)
    (gradient,) = tape.gradient(loss, [layer.weights[0].value])
    assert (gradient.numpy() > 0).all()
