"""Scaled dot-product attention with several heads, absolute or relative."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from onnlu_train.layers.dense import RandomlyConnectedDense
from onnlu_train.layers.random_numbers import uniform
from onnlu_train.layers.relative_attention import RelativeEmbeddings

MASKED = -1e9


class AttentionConfig(NamedTuple):
    """Shape and options of an attention.

    Attributes:
        units: width, a multiple of `heads`.
        heads: attention heads.
        density: share of the connections that exist in each dense layer.
        drop_rate: share of the logits masked while training.
        key_relative: distances between tokens count in the logits.
        value_relative: distances between tokens count in what is attended to.
        max_relative_position: distances beyond it count as it.
        unidirectional: no token sees those further on.
    """

    units: int
    heads: int
    density: float = 1.0
    drop_rate: float = 0.0
    key_relative: bool = False
    value_relative: bool = False
    max_relative_position: int = 5
    unidirectional: bool = False

    @property
    def is_relative(self) -> bool:
        """True where distances count at all."""
        return self.key_relative or self.value_relative


class MultiHeadAttention(keras.layers.Layer):
    """Scaled dot-product attention of all tokens of a text to each other."""

    def __init__(self, config: AttentionConfig, *, name: str) -> None:
        super().__init__(name=name)
        self._config = config
        self._depth = config.units // config.heads
        self._query, self._key, self._value = (
            self._dense(part) for part in ("query", "key", "value")
        )
        self._output = self._dense("output", use_bias=True)
        self._key_relative = self._relative("key_relative") if config.key_relative else None
        self._value_relative = self._relative("value_relative") if config.value_relative else None
        self.built = True

    def _dense(self, part: str, use_bias: bool = False) -> RandomlyConnectedDense:
        config = self._config
        return RandomlyConnectedDense(
            config.units,
            config.units,
            name=f"{self.name}.{part}",
            density=config.density,
            use_bias=use_bias,
        )

    def _relative(self, part: str) -> Any:
        config = self._config
        return RelativeEmbeddings(
            config.heads,
            self._depth,
            config.max_relative_position,
            config.unidirectional,
            name=f"{self.name}.{part}",
        )

    def call(
        self,
        x: tf.Tensor,
        mask: tf.Tensor,
        texts: tf.Tensor,
        distances: tf.Tensor | None = None,
        training: bool = False,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Attend.

        Args:
            x: float32 [batch x time, units].
            mask: float32 [batch, 1, 1 or time, time], 0 where a token (third axis) may see another
                (fourth), `MASKED` else.
            texts: batch and time, int64 [2].
            distances: one-hot, float32 [time, distances, time]; only for relative attention.
            training: whether attention dropout applies.

        Returns:
            Output [batch x time, units] and attention weights [batch, heads, time, time].
        """
        query, key, value = self._projected(x, texts)
        seen = mask
        if self._key_relative is not None:
            seen += self._key_relative.scores(x, self._query_kernel(), distances, texts)
        logits = tf.matmul(query, key, transpose_b=True) + seen
        if training and self._config.drop_rate:
            logits += _dropped(logits, mask, self._config.drop_rate)
        weights = tf.nn.softmax(logits)
        attended = tf.matmul(weights, value)
        if self._value_relative is not None:
            attended += self._value_relative.attended(weights, distances)
        rows = tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [-1, self._config.units])
        return self._output(rows), weights

    def _projected(self, x: tf.Tensor, texts: tf.Tensor) -> list[tf.Tensor]:
        """Return scaled queries, keys and values, [batch, heads, time, depth] each."""
        # One product instead of three.
        kernel = tf.concat([self._query_kernel(), self._key.kernel, self._value.kernel], 1)
        by_head = tf.concat([texts, [3 * self._config.heads, self._depth]], axis=0)
        projected = tf.reshape(tf.matmul(x, kernel), by_head)
        return tf.split(tf.transpose(projected, [0, 2, 1, 3]), 3, axis=1)

    def _query_kernel(self) -> tf.Tensor:
        """Return the kernel with the scale of the queries in it, which folds on export."""
        return self._query.kernel / math.sqrt(self._depth)


def _dropped(logits: tf.Tensor, mask: tf.Tensor, rate: float) -> tf.Tensor:
    """Mask some of the logits that nothing masks yet."""
    dropped = tf.logical_and(uniform(tf.shape(logits)) < rate, tf.equal(mask, 0.0))
    return tf.cast(dropped, logits.dtype) * MASKED
