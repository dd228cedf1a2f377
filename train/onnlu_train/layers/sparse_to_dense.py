"""From sparse features to dense rows, in training and in the exported graph alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from onnlu_train.layers.dense import l2
from onnlu_train.layers.random_numbers import uniform


class PaddedBags(NamedTuple):
    """Sparse rows as the exported graph takes them; see `onnlu.bags`.

    Attributes:
        ids: int32 [batch, blocks, bag], or [batch, bag] for one row an example; 0 where padded.
        weights: float32 [batch, blocks, steps, bag], or [batch, bag]; 0 where padded.
    """

    ids: tf.Tensor
    weights: tf.Tensor


class SparseToDense(keras.layers.Layer):
    """A dense layer on sparse rows: sparse x dense in TensorFlow, gathered bags when exported."""

    def __init__(
        self, input_units: int, units: int, *, name: str, regularization_constant: float = 0.0
    ) -> None:
        super().__init__(name=name)
        self.input_units = input_units
        self.units = units
        self._regularizer = l2(regularization_constant)
        self._kernel = self._new_kernel("glorot_uniform")
        self._bias = self.add_weight(shape=(units,), initializer="zeros", name="bias")
        self.built = True

    def widen(self, before: Sequence[int], after: Sequence[int]) -> None:
        """Take more columns, some behind those of each featurizer.

        What is known keeps its weights. New columns weigh nothing: until they are trained, every
        text is encoded as before, whatever new columns it has.

        Args:
            before: number of columns of each featurizer, in their order.
            after: the same, none of them smaller.
        """
        kernel = np.zeros((sum(after), self.units), np.float32)
        starts = np.cumsum(after) - after
        known = [start + np.arange(n) for start, n in zip(starts, before, strict=True)]
        kernel[np.concatenate(known)] = np.asarray(self._kernel)
        self.input_units = len(kernel)
        del self._kernel  # else Keras keeps it among the weights
        self._kernel = self._new_kernel(keras.initializers.Constant(kernel))

    def call(self, features: tf.SparseTensor | PaddedBags) -> tf.Tensor:
        """Map sparse [batch, time, input units] (or bags of them) to [batch, time, units].

        Raises:
            TypeError: `features` is a dense tensor.
        """
        if isinstance(features, PaddedBags):
            rows = _bags_times_kernel(features, tf.convert_to_tensor(self._kernel))
        elif isinstance(features, tf.SparseTensor):
            rows = _sparse_times_kernel(features, self._kernel.value)
        else:
            raise TypeError(f"{self.name} takes sparse features, not {type(features).__name__}")
        return rows + tf.convert_to_tensor(self._bias)

    def _new_kernel(self, initializer: Any) -> Any:
        return self.add_weight(
            shape=(self.input_units, self.units),
            initializer=initializer,
            regularizer=self._regularizer,
            name="kernel",
        )


def _sparse_times_kernel(features: tf.SparseTensor, kernel: tf.Variable) -> tf.Tensor:
    """Multiply with the rows of the kernel that occur: only those get a gradient."""
    batch, time, _ = tf.unstack(features.dense_shape)
    example, row, column = tf.unstack(features.indices, axis=1)
    occurring, position = tf.unique(column, out_idx=tf.int64)
    flat = tf.SparseTensor(
        tf.stack([example * time + row, position], axis=1),
        features.values,
        tf.stack([batch * time, tf.size(occurring, tf.int64)]),
    )
    product = tf.sparse.sparse_dense_matmul(flat, tf.gather(kernel, occurring))
    return tf.reshape(product, tf.stack([batch, time, tf.constant(kernel.shape[1], tf.int64)]))


def _bags_times_kernel(bags: PaddedBags, kernel: tf.Tensor) -> tf.Tensor:
    rows = tf.gather(kernel, bags.ids)
    if len(bags.ids.shape) == 2:
        return tf.matmul(tf.expand_dims(bags.weights, 1), rows)
    product = tf.matmul(bags.weights, rows)  # [batch, blocks, steps, units]
    return tf.reshape(product, [tf.shape(product)[0], -1, kernel.shape[1]])


def sparse_dropout(features: tf.SparseTensor, rate: float) -> tf.SparseTensor:
    """Drop entries with probability `rate`; the others keep their value, as in Rasa 3.6."""
    keep = tf.cast(uniform(tf.shape(features.values)) >= rate, features.values.dtype)
    return tf.SparseTensor(features.indices, features.values * keep, features.dense_shape)
