"""The gradient of the regularisation, apart from that of the loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def with_decay(gradient: Any, variable: Any, scale: Callable[[Any], Any]) -> Any:
    """Add the gradient of a variable's regularisation where the gradient is not zero.

    Args:
        gradient: of the loss: a tensor, `tf.IndexedSlices` or None.
        variable: a Keras variable, with or without a regulariser.
        scale: what is done to the loss before its gradient is taken, as in mixed precision.

    Returns:
        The sum in the form of the gradient; each row of `tf.IndexedSlices` once.
    """
    if isinstance(gradient, tf.IndexedSlices):
        gradient = _with_distinct_rows(gradient)
    if gradient is None or variable.regularizer is None:
        return gradient
    if isinstance(gradient, tf.IndexedSlices):
        weights, values = tf.gather(variable.value, gradient.indices), gradient.values
        decay = scale(_decay(weights, variable.regularizer))
        values += tf.where(tf.equal(values, 0.0), tf.zeros_like(decay), decay)
        return tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)
    decay = scale(_decay(tf.convert_to_tensor(variable), variable.regularizer))
    return gradient + tf.where(tf.equal(gradient, 0.0), tf.zeros_like(decay), decay)


def _with_distinct_rows(gradient: tf.IndexedSlices) -> tf.IndexedSlices:
    """Sum up the gradients of each row: a layer used twice in a step has some twice."""
    rows, position = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(gradient.values, position, tf.size(rows))
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


def _decay(weights: tf.Tensor, regularizer: Any) -> tf.Tensor:
    """Return the gradient of a regulariser that sums over single weights, as L1 and L2 do."""
    with tf.GradientTape() as tape:
        tape.watch(weights)
        penalty = regularizer(weights)
    return tape.gradient(penalty, weights)
