"""A pre-norm transformer encoder (Vaswani et al. 2017), as Rasa 3.6 stacks it.

Activations are rows, [batch x time, units], so that every dense layer is one matrix product in
ONNX Runtime too; only attention itself sees [batch, heads, time, depth].
"""

from __future__ import annotations

import math
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.layers.attention import MASKED, AttentionConfig, MultiHeadAttention
from onnlu_train.layers.dense import LayerNormalization, RandomlyConnectedDense, dropout, gelu
from onnlu_train.layers.relative_attention import offsets, one_hot_distances


class TransformerConfig(NamedTuple):
    """Shape and regularisation of an encoder.

    Attributes:
        layers: number of layers.
        attention: width, heads and options of each layer's attention.
        drop_rate: dropout after embedding, attention and feed-forward.
        regularization_constant: L2 of the embedding.
    """

    layers: int
    attention: AttentionConfig
    drop_rate: float = 0.0
    regularization_constant: float = 0.0

    @property
    def units(self) -> int:
        """Width of the encoder."""
        return self.attention.units

    @property
    def density(self) -> float:
        """Share of the connections that exist in each dense layer."""
        return self.attention.density


class TransformerEncoderLayer(keras.layers.Layer):
    """Attention and feed-forward, each normalised before and added after."""

    def __init__(self, config: TransformerConfig, *, name: str) -> None:
        super().__init__(name=name)
        self._drop_rate = config.drop_rate
        self._attention_norm = LayerNormalization(config.units, name=f"{name}.attention_norm")
        self._attention = MultiHeadAttention(config.attention, name=f"{name}.attention")
        self._feed_forward_norm = LayerNormalization(config.units, name=f"{name}.feed_forward_norm")
        self._expand = RandomlyConnectedDense(
            config.units, 4 * config.units, name=f"{name}.expand", density=config.density
        )
        self._contract = RandomlyConnectedDense(
            4 * config.units, config.units, name=f"{name}.contract", density=config.density
        )
        self.built = True

    def call(
        self,
        x: tf.Tensor,
        mask: tf.Tensor,
        texts: tf.Tensor,
        distances: tf.Tensor | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return [batch x time, units] and attention weights [batch, heads, time, time].

        The arguments are those of `MultiHeadAttention.call`.
        """
        normalised = self._attention_norm(x)
        attended, weights = self._attention(normalised, mask, texts, distances, training=training)
        x += dropout(attended, self._drop_rate, training)
        hidden = gelu(self._expand(self._feed_forward_norm(x)))
        hidden = self._contract(dropout(hidden, self._drop_rate, training))
        return x + dropout(hidden, self._drop_rate, training), weights


class TransformerEncoder(keras.layers.Layer):
    """Embedding, sinusoid positions, layers, final normalisation.

    Raises:
        InvalidConfigException: `units` is not a multiple of `heads`.
    """

    def __init__(self, input_units: int, config: TransformerConfig, *, name: str) -> None:
        super().__init__(name=name)
        if config.units % config.attention.heads:
            raise InvalidConfigException(
                f"transformer_size {config.units} is not a multiple of "
                f"number_of_attention_heads {config.attention.heads}: choose one that is."
            )
        self._config = config
        self._embedding = RandomlyConnectedDense(
            input_units,
            config.units,
            name=f"{name}.embedding",
            density=config.density,
            regularization_constant=config.regularization_constant,
        )
        self._encoder_layers = [
            TransformerEncoderLayer(config, name=f"{name}.{number}")
            for number in range(config.layers)
        ]
        self._norm = LayerNormalization(config.units, name=f"{name}.norm")
        self.built = True

    def call(
        self, rows: tf.Tensor, mask: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Encode.

        Args:
            rows: float32 [batch x time, input units].
            mask: float32 [batch, time], 1 for positions in use.
            training: whether dropout applies.

        Returns:
            Encoded rows [batch x time, units], attention [batch, layers, heads, time, time].
        """
        units = self._config.units
        texts = tf.shape(mask, out_type=tf.int64)
        # The scale goes into kernel and bias, which folds on export.
        scale = math.sqrt(units)
        rows = tf.matmul(rows, self._embedding.kernel * scale)
        rows += self._embedding.bias * scale
        embedded = tf.reshape(rows, tf.concat([texts, [units]], axis=0))
        embedded = dropout(embedded + positions(texts[1], units), self._config.drop_rate, training)
        rows = tf.reshape(embedded, [-1, units])
        hidden = self._hidden(mask, texts[1])
        distances = self._distances(texts[1])
        attention = []
        for layer in self._encoder_layers:
            rows, weights = layer(rows, hidden, texts, distances, training=training)
            attention.append(weights)
        return self._norm(rows), tf.stack(attention, axis=1)

    def _hidden(self, mask: tf.Tensor, time: tf.Tensor) -> tf.Tensor:
        """Return what attention may not see, [batch, 1, 1 or time, time]; see there."""
        is_hidden = tf.expand_dims(tf.expand_dims(MASKED - MASKED * mask, 1), 1)
        if self._config.attention.unidirectional:
            is_hidden = tf.minimum(is_hidden, MASKED * tf.cast(offsets(time) > 0, tf.float32))
        return is_hidden

    def _distances(self, time: tf.Tensor) -> tf.Tensor | None:
        attention = self._config.attention
        if not attention.is_relative:
            return None
        return one_hot_distances(time, attention.max_relative_position, attention.unidirectional)


def positions(time: tf.Tensor, units: int) -> tf.Tensor:
    """Return sinusoid positions, float32 [time, units]: even channels sine, odd ones cosine."""
    channel = np.arange(units)
    rates = (1.0 / np.power(10_000.0, 2 * (channel // 2) / np.float32(units))).astype(np.float32)
    # A cosine is a sine a quarter turn on: one operation for both, half of the work.
    turns = (channel % 2 * np.pi / 2).astype(np.float32)
    step = tf.expand_dims(tf.cast(tf.range(time), tf.float32), 1)
    return tf.sin(step * tf.constant(rates) + tf.constant(turns))
