"""Behaviour of `TransformerEncoder` and its layers (behaviour.md 3.5)."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.layers.attention import AttentionConfig
from onnlu_train.layers.transformer import TransformerConfig, TransformerEncoder, positions

ATTENTION = AttentionConfig(units=8, heads=2, density=0.5, drop_rate=0.5)
CONFIG = TransformerConfig(
    layers=2, attention=ATTENTION, drop_rate=0.5, regularization_constant=0.1
)
RELATIVE = ATTENTION._replace(key_relative=True, value_relative=True, max_relative_position=2)


def random(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def mask_of(lengths: list[int], time: int) -> tf.Tensor:
    return tf.sequence_mask(lengths, time, dtype=tf.float32)


# "padding invariance: appending padded steps does not change real outputs"
@pytest.mark.parametrize("attention", [ATTENTION, RELATIVE, RELATIVE._replace(unidirectional=True)])
def test_padding_changes_nothing(attention: AttentionConfig):
    encoder = TransformerEncoder(5, CONFIG._replace(attention=attention), name="encoder")
    x, lengths = random((2, 3, 5)), [3, 2]
    short, short_attention = encoder(x.reshape(-1, 5), mask_of(lengths, 3))
    padded = np.concatenate([x, random((2, 4, 5), 9)], axis=1)
    long, long_attention = encoder(padded.reshape(-1, 5), mask_of(lengths, 7))
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
    together = encoder(x.reshape(-1, 5), mask_of(lengths, 4))[0].numpy().reshape(3, 4, 8)
    for text, length in enumerate(lengths):
        alone = encoder(x[text, :length], mask_of([length], length))[0]
        np.testing.assert_allclose(together[text, :length], alone, atol=1e-5)


# "unidirectional output at t ignores t+1.."
@pytest.mark.parametrize("attention", [ATTENTION, RELATIVE])
@pytest.mark.parametrize("unidirectional", [False, True])
def test_a_unidirectional_encoder_alone_ignores_what_follows(
    attention: AttentionConfig, unidirectional: bool
):
    config = CONFIG._replace(attention=attention._replace(unidirectional=unidirectional))
    encoder = TransformerEncoder(5, config, name="encoder")
    x, other = random((1, 4, 5)), random((1, 4, 5), 1)
    changed = np.concatenate([x[:, :2], other[:, 2:]], axis=1)
    one, two = (encoder(v.reshape(-1, 5), mask_of([4], 4))[0].numpy() for v in (x, changed))
    attention_weights = encoder(x.reshape(-1, 5), mask_of([4], 4))[1].numpy()
    assert np.abs(one[2:] - two[2:]).max() > 1e-3
    assert (np.abs(one[:2] - two[:2]).max() < 1e-6) == unidirectional
    assert (np.triu(attention_weights, 1) == 0).all() == unidirectional


def test_the_order_of_the_tokens_counts():
    encoder = TransformerEncoder(5, CONFIG, name="encoder")
    x = random((1, 2, 5))
    forth, back = (encoder(v.reshape(-1, 5), mask_of([2], 2))[0].numpy() for v in (x, x[:, ::-1]))
    assert np.abs(forth - back[::-1]).max() > 1e-3


def test_shapes_and_names():
    encoder = TransformerEncoder(5, CONFIG, name="encoder")
    rows, attention = encoder(random((6, 5)), mask_of([3, 3], 3))
    assert rows.shape == (6, 8)
    assert attention.shape == (2, 2, 2, 3, 3)
    paths = [weight.path for weight in encoder.weights]
    assert len(set(paths)) == len(paths)


def test_dropout_acts_in_training_only():
    encoder = TransformerEncoder(5, CONFIG, name="encoder")
    x, mask = random((3, 5)), mask_of([3], 3)
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
        TransformerEncoder(
            5, CONFIG._replace(attention=ATTENTION._replace(heads=3)), name="encoder"
        )
