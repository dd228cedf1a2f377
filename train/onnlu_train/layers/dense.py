"""Dense layers: randomly connected, embedding, layer normalisation, GELU.

Every layer here makes its variables in its constructor, from the width of its input: a model is
built once it is constructed, and no example has to run through it.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from onnlu_train.layers.random_numbers import uniform


def gelu(x: tf.Tensor) -> tf.Tensor:
    """Exact GELU, written with erf: `tf.nn.gelu` emits an operation that ONNX lacks."""
    return 0.5 * x * (1.0 + tf.math.erf(x / math.sqrt(2.0)))


def l2(regularization_constant: float) -> keras.regularizers.Regularizer | None:
    """Return an L2 regulariser, or None for 0."""
    return keras.regularizers.L2(regularization_constant) if regularization_constant else None


class RandomlyConnectedDense(keras.layers.Layer):
    """A dense layer of which only some connections exist, as in Rasa 3.6.

    Every input and every output has at least one connection; each other one exists with
    probability `density`. The mask multiplies the kernel in the forward pass, so that training,
    checkpoint and export see the same kernel.
    """

    def __init__(
        self,
        input_units: int,
        units: int,
        *,
        name: str,
        density: float = 1.0,
        use_bias: bool = True,
        regularization_constant: float = 0.0,
    ) -> None:
        super().__init__(name=name)
        self.units = units
        self._weight = self.add_weight(
            shape=(input_units, units),
            initializer="glorot_uniform",
            regularizer=l2(regularization_constant),
            name="kernel",
        )
        self._bias = (
            self.add_weight(shape=(units,), initializer="zeros", name="bias") if use_bias else None
        )
        self._mask = None
        if density < 1.0:
            self._mask = self.add_weight(
                shape=(input_units, units),
                initializer=lambda shape, dtype: tf.constant(connections(shape, density), dtype),
                trainable=False,
                name="mask",
            )
            self._weight.assign(self._weight * self._mask)
        self.built = True

    @property
    def kernel(self) -> tf.Tensor:
        """The kernel as it works: [input units, units], zero where there is no connection."""
        weight = tf.convert_to_tensor(self._weight)
        return weight if self._mask is None else weight * tf.convert_to_tensor(self._mask)

    @property
    def bias(self) -> Any:
        """The bias [units], or None."""
        return None if self._bias is None else tf.convert_to_tensor(self._bias)

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Map [rows, input units] to [rows, units]."""
        y = tf.matmul(x, self.kernel)
        return y if self._bias is None else y + self.bias


def connections(shape: tuple[int, int], density: float) -> np.ndarray:
    """Return a random mask [input units, units] with a tiled identity in it."""
    mask = np.random.random(shape) < density
    diagonal = np.arange(max(shape))
    mask[diagonal % shape[0], diagonal % shape[1]] = True
    return mask.astype(np.float32)


class LayerNormalization(keras.layers.Layer):
    """Layer normalisation over the last dimension, with operations that ONNX has."""

    def __init__(self, units: int, *, name: str, epsilon: float = 1e-6) -> None:
        super().__init__(name=name)
        self._epsilon = epsilon
        self._gamma = self.add_weight(shape=(units,), initializer="ones", name="gamma")
        self._beta = self.add_weight(shape=(units,), initializer="zeros", name="beta")
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Normalise each row of [rows, units]."""
        centred = x - tf.reduce_mean(x, axis=-1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True)
        normalised = centred / tf.sqrt(variance + self._epsilon)
        return normalised * tf.convert_to_tensor(self._gamma) + tf.convert_to_tensor(self._beta)


def dropout(x: tf.Tensor, rate: float, training: bool) -> tf.Tensor:
    """Drop and rescale while training."""
    if not (training and rate):
        return x
    return tf.nn.experimental.general_dropout(
        x, rate, lambda shape, dtype: uniform(shape, dtype=dtype)
    )
