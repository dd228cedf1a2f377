"""The confidences that Rasa 3.6 gives to tags.

They follow the decoded path for the last two tokens of a text only. Before them, the original takes
a confidence, cut off to a whole number, for the tag that follows: 0, or 1 where the confidence is
1.0 in float32.
"""

from __future__ import annotations

import tensorflow as tf

CERTAIN = 2.0**-24
"""Up to this share, all other tags are lost when a float32 sum adds them to the best one's 1."""


def rasa_scores(
    path_scores: tf.Tensor, candidates: tf.Tensor, lengths: tf.Tensor, transitions: tf.Tensor
) -> tf.Tensor:
    """Return the confidence of each tag, float32 `[time, batch]`.

    Args:
        path_scores: Score of the best path that ends in each tag, `[time, batch, tags]`.
        candidates: The scores among which each decoded tag's was the largest, of that shape.
        lengths: Steps that count in each row, int32 `[batch]`.
        transitions: Score of going from tag i to tag j, float32 `[tags, tags]`.
    """
    steps = tf.expand_dims(tf.range(tf.shape(path_scores)[0]), 1)
    is_early = tf.reshape(steps < lengths - 2, [tf.shape(path_scores)[0], -1, 1, 1])
    into = tf.transpose(transitions)[:2]
    by_next = tf.where(
        is_early, tf.expand_dims(path_scores, 2) + into, tf.expand_dims(candidates, 2)
    )
    scores = tf.reduce_max(tf.nn.softmax(by_next), axis=-1)
    options = tf.stack([_is_certain(by_next), scores], axis=2)

    def step(carry: tuple[tf.Tensor, ...], options: tf.Tensor) -> tuple[tf.Tensor, ...]:
        certain, score = tf.unstack(tf.reduce_sum(options * carry[0], axis=2), axis=1)
        following = tf.expand_dims(tf.stack([1.0 - certain, certain], axis=1), 1)
        return following, score

    following = tf.ones_like(options[0, :, :1]) * [1.0, 0.0]
    start = (following, tf.zeros_like(scores[0, :, 0]))
    return tf.scan(step, options, start, reverse=True)[1]


def _is_certain(candidates: tf.Tensor) -> tf.Tensor:
    """Return 1 where the best of the last axis has a confidence of 1.0 in float32, else 0.

    A sum depends on the order of its terms in its last digit, which decides here; so the others are
    added up without the best, which is the same in all implementations.
    """
    best = tf.reduce_max(candidates, axis=-1, keepdims=True)
    is_best = tf.cast(tf.equal(candidates, best), tf.float32)
    others = tf.reduce_sum(tf.exp(candidates - best) * (1.0 - is_best), axis=-1)
    # Two that are best alike are no certainty.
    others += tf.reduce_sum(is_best, axis=-1) - 1.0
    return tf.cast(others <= CERTAIN, tf.float32)
