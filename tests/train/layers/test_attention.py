"""Behaviour of attention, absolute and relative (behaviour.md 3.5)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.attention import MASKED, AttentionConfig, MultiHeadAttention
from onnlu_train.layers.relative_attention import one_hot_distances

CONFIG = AttentionConfig(units=8, heads=2, density=0.5, drop_rate=0.5)
LENGTHS = [5, 1, 3]
TIME = 5


def random(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def visible(query: int, key: int, length: int, unidirectional: bool) -> bool:
    return key < length and not (unidirectional and key > query)


def brute_force(
    layer: MultiHeadAttention, config: AttentionConfig, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Attention of [batch, time, units], number by number, as Shaw et al. write it."""
    batch, time, units = x.shape
    depth, furthest = units // config.heads, config.max_relative_position
    query, key, value, output = (
        part.kernel.numpy() for part in (layer._query, layer._key, layer._value, layer._output)
    )
    key_vectors, value_vectors = (
        np.zeros((config.heads, 2 * furthest + 1, depth)) if part is None else np.asarray(part)
        for part in (
            layer._key_relative and layer._key_relative._embeddings,
            layer._value_relative and layer._value_relative._embeddings,
        )
    )
    attention = np.zeros((batch, config.heads, time, time))
    attended = np.zeros((batch, time, units))
    for b, head, i in np.ndindex(batch, config.heads, time):
        own = slice(head * depth, (head + 1) * depth)
        keys = [j for j in range(time) if visible(i, j, LENGTHS[b], config.unidirectional)]
        place = {j: min(max(j - i, -furthest), furthest) + furthest for j in keys}
        scores = {
            j: (x[b, i] @ query[:, own])
            @ (x[b, j] @ key[:, own] + key_vectors[head, place[j]])
            / math.sqrt(depth)
            for j in keys
        }
        total = sum(math.exp(score) for score in scores.values())
        for j in keys:
            share = math.exp(scores[j]) / total
            attention[b, head, i, j] = share
            attended[b, i, own] += share * (x[b, j] @ value[:, own] + value_vectors[head, place[j]])
    return attended @ output + layer._output.bias.numpy(), attention


def texts(batch: int, time: int) -> tf.Tensor:
    return tf.constant([batch, time], tf.int64)


def mask_of(unidirectional: bool) -> np.ndarray:
    """Return [batch, 1, time, time]."""
    hidden = [
        [not visible(query, key, length, unidirectional) for key in range(TIME)]
        for length in LENGTHS
        for query in range(TIME)
    ]
    return np.float32(hidden).reshape(-1, 1, TIME, TIME) * np.float32(MASKED)


@pytest.mark.parametrize("unidirectional", [False, True])
@pytest.mark.parametrize(
    ("key_relative", "value_relative"),
    [(False, False), (True, False), (False, True), (True, True)],
)
def test_attention_equals_a_loop_over_heads_and_tokens(
    key_relative: bool, value_relative: bool, unidirectional: bool
):
    config = CONFIG._replace(
        key_relative=key_relative,
        value_relative=value_relative,
        max_relative_position=2,
        unidirectional=unidirectional,
    )
    layer = MultiHeadAttention(config, name="attention")
    layer._output.weights[1].assign(random((8,), 5))
    x = random((3, TIME, 8))
    distances = one_hot_distances(tf.constant(TIME, tf.int64), 2, unidirectional)
    output, attention = layer(x.reshape(-1, 8), mask_of(unidirectional), texts(3, TIME), distances)
    expected, shares = brute_force(layer, config, x)
    np.testing.assert_allclose(attention, shares, atol=1e-6)
    np.testing.assert_allclose(output.numpy().reshape(3, TIME, 8), expected, atol=1e-5)


def test_distances_are_clipped_on_both_sides():
    distances = one_hot_distances(tf.constant(4, tf.int64), 2, unidirectional=False).numpy()
    assert distances.shape == (4, 5, 4)
    assert distances.argmax(axis=1).tolist() == [
        [2, 3, 4, 4],
        [1, 2, 3, 4],
        [0, 1, 2, 3],
        [0, 0, 1, 2],
    ]
    assert (distances.sum(axis=1) == 1).all()


# "[H, 2m+1, depth], unidirectional m+1"
@pytest.mark.parametrize(("unidirectional", "distances"), [(False, 7), (True, 4)])
def test_each_head_has_a_vector_for_each_distance(unidirectional: bool, distances: int):
    config = CONFIG._replace(
        key_relative=True,
        value_relative=True,
        max_relative_position=3,
        unidirectional=unidirectional,
    )
    layer = MultiHeadAttention(config, name="a")
    shapes = {w.path: tuple(w.shape) for w in layer.weights if "relative" in w.path}
    assert shapes == {
        "a.key_relative/embeddings": (2, distances, 4),
        "a.value_relative/embeddings": (2, distances, 4),
    }


def test_attention_dropout_masks_whole_connections_in_training_only():
    layer = MultiHeadAttention(CONFIG, name="attention")
    x, mask = random((30, 8)), tf.zeros([1, 1, 1, 30])
    tf.random.set_seed(0)
    _, dropped = layer(x, mask, texts(1, 30), training=True)
    _, whole = layer(x, mask, texts(1, 30), training=False)
    assert abs((dropped.numpy() == 0).mean() - 0.5) < 0.05
    np.testing.assert_allclose(dropped.numpy().sum(-1), 1, atol=1e-5)
    assert (whole.numpy() > 0).all()


# "random -1e9 on logits of non-padded positions": padding is masked once and not twice.
def test_attention_dropout_leaves_padding_alone():
    layer = MultiHeadAttention(CONFIG._replace(drop_rate=0.999), name="attention")
    mask = tf.constant([[[[0.0, 0.0, MASKED]]]])
    tf.random.set_seed(0)
    _, weights = layer(random((3, 8)), mask, texts(1, 3), training=True)
    np.testing.assert_allclose(weights, np.full((1, 2, 3, 3), 1 / 3), atol=1e-6)
