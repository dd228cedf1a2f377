"""Masking of the tokens that a masked language model has to guess (Devlin et al. 2019)."""

from __future__ import annotations

import keras
import tensorflow as tf

from onnlu_train.layers.random_numbers import uniform

CHOSEN = 0.15
"""Share of the tokens that are chosen."""

MASKED = 0.7
"""Share of those that become the mask vector; 0.2 stay as they are."""

EXCHANGED = 0.1
"""Share of those that become another vector of the batch."""


class InputMask(keras.layers.Layer):
    """Replaces some tokens by a learned vector, or by others, as in Rasa 3.6.

    Args:
        units: width of the tokens.
        name: name of the layer, unique in its model.
    """

    def __init__(self, units: int, *, name: str) -> None:
        super().__init__(name=name)
        self._mask_vector = self.add_weight(
            shape=(1, units), initializer="glorot_uniform", name="mask_vector"
        )
        self.built = True

    def call(self, rows: tf.Tensor, is_token: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Mask.

        Args:
            rows: float32 [rows, units].
            is_token: 1 for tokens, 0 for sentences and padding, float32 [rows].

        Returns:
            The rows, and which of them were chosen, bool [rows].
        """
        chosen = tf.logical_and(uniform(tf.shape(is_token)) < CHOSEN, is_token > 0)
        fate = tf.expand_dims(uniform(tf.shape(is_token)), 1)
        others = tf.where(fate < MASKED + EXCHANGED, _shuffled(rows, is_token), rows)
        others = tf.where(fate < MASKED, tf.convert_to_tensor(self._mask_vector), others)
        return tf.where(tf.expand_dims(chosen, 1), others, rows), chosen


def _shuffled(rows: tf.Tensor, is_token: tf.Tensor) -> tf.Tensor:
    """Return all rows in another order, with noise in place of what is no token."""
    smallest = tf.reduce_min(rows)
    noise = smallest + (tf.reduce_max(rows) - smallest) * uniform(tf.shape(rows))
    vectors = tf.where(tf.expand_dims(is_token, 1) > 0, rows, noise)
    order = tf.argsort(uniform(tf.shape(is_token)))
    # They stand for any other token: what they were is not to be learnt from.
    return tf.stop_gradient(tf.gather(vectors, order))
