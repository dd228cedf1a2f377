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
from onnlu_train.layers.dense import LayerNormalization, RandomlyConnectedDense, dropout, gelu

MASKED = -1e9


class TransformerConfig(NamedTuple):
    """Shape and regularisation of an encoder.

    Attributes:
        units: width, a multiple of `heads`.
        layers: number of layers.
        heads: attention heads a layer.
        density: share of the connections that exist in each dense layer.
        drop_rate: dropout after embedding, attention and feed-forward.
        drop_rate_attention: share of attention weights masked while training.
        regularization_constant: L2 of the embedding.
    """

    units: int
    layers: int
    heads: int
    density: float
    drop_rate: float
    drop_rate_attention: float
    regularization_constant: float


class MultiHeadAttention(keras.layers.Layer):
    """Scaled dot-product attention of all tokens of a text to each other."""

    def __init__(self, config: TransformerConfig, *, name: str) -> None:
        super().__init__(name=name)
        self._config = config
        self._depth = config.units // config.heads

        def dense(part: str, use_bias: bool = False) -> RandomlyConnectedDense:
            return RandomlyConnectedDense(
                config.units,
                config.units,
                name=f"{name}.{part}",
                density=config.density,
                use_bias=use_bias,
            )

        self._query, self._key, self._value = dense("query"), dense("key"), dense("value")
        self._output = dense("output", use_bias=True)
        self.built = True

    def call(
        self, x: tf.Tensor, padding: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Attend.

        Args:
            x: float32 [batch x time, units].
            padding: float32 [batch, 1, 1, time], 0 for tokens, a large negative number else.
            training: whether attention dropout applies.

        Returns:
            Output [batch x time, units] and attention weights [batch, heads, time, time].
        """
        config = self._config
        # One product instead of three: the scale goes into the kernel, which folds on export.
        kernel = tf.concat(
            [self._query.kernel / math.sqrt(self._depth), self._key.kernel, self._value.kernel], 1
        )
        shape = tf.shape(padding, out_type=tf.int64)
        by_head = tf.concat([shape[:1], shape[3:], [3 * config.heads, self._depth]], axis=0)
        projected = tf.reshape(tf.matmul(x, kernel), by_head)
        query, key, value = tf.split(tf.transpose(projected, [0, 2, 1, 3]), 3, axis=1)
        logits = tf.matmul(query, key, transpose_b=True) + padding
        if training and config.drop_rate_attention:
            dropped = tf.random.uniform(tf.shape(logits)) < config.drop_rate_attention
            logits += tf.cast(dropped, logits.dtype) * MASKED
        weights = tf.nn.softmax(logits)
        attended = tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3])
        return self._output(tf.reshape(attended, [-1, config.units])), weights


class TransformerEncoderLayer(keras.layers.Layer):
    """Attention and feed-forward, each normalised before and added after."""

    def __init__(self, config: TransformerConfig, *, name: str) -> None:
        super().__init__(name=name)
        self._drop_rate = config.drop_rate
        self._attention_norm = LayerNormalization(config.units, name=f"{name}.attention_norm")
        self._attention = MultiHeadAttention(config, name=f"{name}.attention")
        self._feed_forward_norm = LayerNormalization(config.units, name=f"{name}.feed_forward_norm")
        self._expand = RandomlyConnectedDense(
            config.units, 4 * config.units, name=f"{name}.expand", density=config.density
        )
        self._contract = RandomlyConnectedDense(
            4 * config.units, config.units, name=f"{name}.contract", density=config.density
        )
        self.built = True

    def call(
        self, x: tf.Tensor, padding: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return [batch x time, units] and attention weights [batch, heads, time, time]."""
        attended, weights = self._attention(self._attention_norm(x), padding, training=training)
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
        if config.units % config.heads:
            raise InvalidConfigException(
                f"transformer_size {config.units} is not a multiple of "
                f"number_of_attention_heads {config.heads}: choose one that is."
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
        self, x: tf.Tensor, mask: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Encode.

        Args:
            x: float32 [batch, time, input units].
            mask: float32 [batch, time], 1 for positions in use.
            training: whether dropout applies.

        Returns:
            Encoded rows [batch x time, units], attention [batch, layers, heads, time, time].
        """
        units = self._config.units
        shape = tf.shape(mask, out_type=tf.int64)
        # The scale goes into kernel and bias, which folds on export.
        scale = math.sqrt(units)
        rows = tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), self._embedding.kernel * scale)
        rows += self._embedding.bias * scale
        embedded = tf.reshape(rows, tf.concat([shape, [units]], axis=0))
        embedded = dropout(embedded + positions(shape[1], units), self._config.drop_rate, training)
        rows = tf.reshape(embedded, [-1, units])
        padding = tf.expand_dims(tf.expand_dims((1.0 - mask) * MASKED, 1), 1)
        attention = []
        for layer in self._encoder_layers:
            rows, weights = layer(rows, padding, training=training)
            attention.append(weights)
        return self._norm(rows), tf.stack(attention, axis=1)


def positions(time: tf.Tensor, units: int) -> tf.Tensor:
    """Return sinusoid positions, float32 [time, units]: even channels sine, odd ones cosine."""
    channel = np.arange(units)
    rates = (1.0 / np.power(10_000.0, 2 * (channel // 2) / np.float32(units))).astype(np.float32)
    # A cosine is a sine a quarter turn on: one operation for both, half of the work.
    turns = (channel % 2 * np.pi / 2).astype(np.float32)
    step = tf.expand_dims(tf.cast(tf.range(time), tf.float32), 1)
    return tf.sin(step * tf.constant(rates) + tf.constant(turns))
