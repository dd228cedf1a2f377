"""Behaviour of encoder, layer and attention (behaviour.md 3.5)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.layers.transformer import (
    MASKED,
    MultiHeadAttention,
    TransformerConfig,
    TransformerEncoder,
    positions,
)

CONFIG = TransformerConfig(
    units=8,
    layers=2,
    heads=2,
    density=0.5,
    drop_rate=0.5,
    drop_rate_attention=0.5,
    regularization_constant=0.1,
)


def random(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def mask_of(lengths: list[int], time: int) -> tf.Tensor:
    return tf.sequence_mask(lengths, time, dtype=tf.float32)


def brute_force_attention(
    x: np.ndarray, lengths: list[int], weights: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Attention of [batch, time, 8] with 2 heads, number by number."""
    batch, time, units = x.shape
    depth = units // 2
    attention = np.zeros((batch, 2, time, time))
    attended = np.zeros((batch, time, units))
    for b in range(batch):
        query, key, value = (x[b] @ weights[part] for part in ("query", "key", "value"))
        for head in range(2):
            own = slice(head * depth, (head + 1) * depth)
            for i in range(time):
                scores = [
                    float(query[i, own] @ key[j, own]) / math.sqrt(depth)
                    if j < lengths[b]
                    else -math.inf
                    for j in range(time)
                ]
                total = sum(math.exp(score) for score in scores)
                for j in range(time):
                    share = math.exp(scores[j]) / total
                    attention[b, head, i, j] = share
                    attended[b, i, own] += share * value[j, own]
    return attended @ weights["output"] + weights["bias"], attention


def test_attention_equals_a_loop_over_heads_and_tokens():
    layer = MultiHeadAttention(CONFIG, name="attention")
    layer._output.weights[1].assign(random((8,), 5))
    parts = {"query": layer._query, "key": layer._key, "value": layer._value}
    weights = {name: part.kernel.numpy() for name, part in parts.items()}
    weights |= {"output": layer._output.kernel.numpy(), "bias": layer._output.bias.numpy()}
    x, lengths = random((3, 4, 8)), [4, 1, 3]
    padding = ((1.0 - mask_of(lengths, 4)) * MASKED)[:, None, None, :]
    output, attention = layer(x.reshape(-1, 8), padding)
    expected, shares = brute_force_attention(x, lengths, weights)
    np.testing.assert_allclose(attention, shares, atol=1e-6)
    np.testing.assert_allclose(output.numpy().reshape(3, 4, 8), expected, atol=1e-5)


def test_attention_dropout_masks_whole_connections_in_training_only():
    layer = MultiHeadAttention(CONFIG, name="attention")
    x, padding = random((30, 8)), tf.zeros([1, 1, 1, 30])
    tf.random.set_seed(0)
    _, dropped = layer(x, padding, training=True)
    _, whole = layer(x, padding, training=False)
    assert abs((dropped.numpy() == 0).mean() - 0.5) < 0.05
    np.testing.assert_allclose(dropped.numpy().sum(-1), 1, atol=1e-5)
    assert (whole.numpy() > 0).all()


# "padding invariance: appending padded steps does not change real outputs"
def test_padding_changes_nothing():
    encoder = TransformerEncoder(5, CONFIG, name="encoder")
    x, lengths = random((2, 3, 5)), [3, 2]
    short, short_attention = encoder(x, mask_of(lengths, 3))
    padded = np.concatenate([x, random((2, 4, 5), 9)], axis=1)
    long, long_attention = encoder(padded, mask_of(lengths, 7))
    short, long = short.numpy().reshape(2, 3, 8), long.numpy().reshape(2, 7, 8)
    for text, length in enumerate(lengths):
        np.testing.assert_allclose(long[text, :length], short[text, :length], atol=1e-5)
        np.testing.assert_allclose(
            long_attention[text, :, :, :length, :length],
            short_attention[text, :, :, :length, :length],
            atol=1e-6,
        )
        assert (long_attention[text, :, :, :, length:].numpy() == 0).all()


def test_rows_do_not_depend_on_the_other_texts_of_the_batch():
    encoder = TransformerEncoder(5, CONFIG, name="encoder")
    x, lengths = random((3, 4, 5)), [4, 1, 3]
    together = encoder(x, mask_of(lengths, 4))[0].numpy().reshape(3, 4, 8)
    for text, length in enumerate(lengths):
        alone = encoder(x[text : text + 1, :length], mask_of([length], length))[0]
        np.testing.assert_allclose(together[text, :length], alone, atol=1e-5)


def test_the_order_of_the_tokens_counts():
    encoder = TransformerEncoder(5, CONFIG, name="encoder")
    x = random((1, 2, 5))
    forth, back = (encoder(v, mask_of([2], 2))[0].numpy() for v in (x, x[:, ::-1]))
    assert np.abs(forth - back[::-1]).max() > 1e-3


def test_shapes_and_names():
    encoder = TransformerEncoder(5, CONFIG, name="encoder")
    rows, attention = encoder(random((2, 3, 5)), mask_of([3, 3], 3))
    assert rows.shape == (6, 8)
    assert attention.shape == (2, 2, 2, 3, 3)
    paths = [weight.path for weight in encoder.weights]
    assert len(set(paths)) == len(paths)


def test_dropout_acts_in_training_only():
    encoder = TransformerEncoder(5, CONFIG, name="encoder")
    x, mask = random((1, 3, 5)), mask_of([3], 3)
    once, again = (encoder(x, mask)[0].numpy() for _ in range(2))
    np.testing.assert_array_equal(once, again)
    first, second = (encoder(x, mask, training=True)[0].numpy() for _ in range(2))
    assert np.abs(first - second).max() > 1e-3


def test_only_the_embedding_is_regularised():
    encoder = TransformerEncoder(5, CONFIG, name="encoder")
    embedding = next(np.asarray(w) for w in encoder.weights if w.path == "encoder.embedding/kernel")
    penalty = float(tf.add_n(encoder.losses))
    assert penalty == pytest.approx(0.1 * float(np.square(embedding).sum()), rel=1e-4)


@pytest.mark.parametrize("units", [6, 7])
def test_positions_are_sines_and_cosines(units: int):
    found = positions(tf.constant(40, tf.int64), units).numpy()
    for time in range(40):
        for channel in range(units):
            angle = time / 10_000 ** (2 * (channel // 2) / units)
            wave = math.cos if channel % 2 else math.sin
            assert found[time, channel] == pytest.approx(wave(angle), abs=1e-5)


# "U % H != 0": the original exits the process.
def test_heads_have_to_divide_the_units():
    with pytest.raises(InvalidConfigException, match="8 is not a multiple"):
        TransformerEncoder(5, CONFIG._replace(heads=3), name="encoder")
