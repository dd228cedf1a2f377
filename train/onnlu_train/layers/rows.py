"""Between texts and rows: dense layers take all slots of all texts as one matrix."""

from __future__ import annotations

import tensorflow as tf


def as_rows(texts: tf.Tensor) -> tf.Tensor:
    """Return [batch, slots, units] as rows [batch x slots, units]."""
    return tf.reshape(texts, [-1, texts.shape[-1]])


def by_text(rows: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Return rows [batch x slots, units] as [batch, slots, units]; the mask is [batch, slots]."""
    shape = tf.shape(mask, out_type=tf.int64)
    return tf.reshape(rows, tf.concat([shape, [rows.shape[-1]]], axis=0))


def last_token(rows: tf.Tensor, mask: tf.Tensor, last: tf.Tensor) -> tf.Tensor:
    """Return one row of each text.

    Args:
        rows: [batch x slots, units].
        mask: [batch, slots].
        last: which slot of each text, int64 [batch].

    Returns:
        [batch, units].
    """
    return tf.gather(by_text(rows, mask), last, batch_dims=1)
