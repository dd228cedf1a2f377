"""Viterbi decoding in TensorFlow; `onnlu_export.viterbi` is its twin in the exported graph."""

from __future__ import annotations

import tensorflow as tf

from onnlu_train.layers.rasa_compat import rasa_scores


def viterbi(
    logits: tf.Tensor, lengths: tf.Tensor, transitions: tf.Tensor, rasa_compat: bool = False
) -> tuple[tf.Tensor, tf.Tensor]:
    """Find the best tag sequence of each row, and how sure each of its tags is.

    The score of a tag is the largest probability of a softmax over the best-path scores that end
    in each tag at that step; except at the last step, these include the transition to the tag
    decoded for the next one.

    Args:
        logits: Score of each tag at each step, float32 `[batch, time, tags]`, time >= 1.
        lengths: Steps that count in each row, int32 `[batch]`.
        transitions: Score of going from tag i to tag j, float32 `[tags, tags]`.
        rasa_compat: Give the scores that Rasa 3.6 gives, see `rasa_compat`.

    Returns:
        Tags int32 `[batch, time]` and their scores float32 `[batch, time]`, both 0 beyond the
        length. Of equally good tags the first wins.
    """
    steps = tf.shape(logits)[1]
    # The best path stays the best, and a sum over hundreds of steps keeps its digits.
    logits -= tf.reduce_max(logits, axis=-1, keepdims=True)
    path_scores = _best_path_scores(tf.transpose(logits, [1, 0, 2]), transitions)
    has_next = tf.sequence_mask(lengths - 1, steps, dtype=logits.dtype)
    tags, candidates = _trace_back(path_scores, tf.transpose(has_next), transitions)
    if rasa_compat:
        scores = rasa_scores(path_scores, candidates, lengths, transitions)
    else:
        scores = tf.reduce_max(tf.nn.softmax(candidates), axis=-1)
    mask = tf.sequence_mask(lengths, steps)
    return tf.where(mask, tf.transpose(tags), 0), tf.where(mask, tf.transpose(scores), 0.0)


def _best_path_scores(emissions: tf.Tensor, transitions: tf.Tensor) -> tf.Tensor:
    """Score of the best path that ends in each tag at each step, `[time, batch, tags]`."""

    def step(carry: tuple[tf.Tensor, ...], emission: tf.Tensor) -> tuple[tf.Tensor, ...]:
        scores = carry[0] + emission
        return tf.reduce_max(tf.expand_dims(scores, 2) + transitions, axis=1), scores

    start = tf.zeros_like(emissions[0])
    return tf.scan(step, emissions, (start, start))[1]


def _trace_back(
    path_scores: tf.Tensor, has_next: tf.Tensor, transitions: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Follow the best path from its end.

    Returns:
        Tags int32 `[time, batch]`, and the scores among which each was the largest
        `[time, batch, tags]`.
    """
    into = tf.transpose(transitions)

    def step(carry: tuple[tf.Tensor, ...], inputs: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, ...]:
        scores, followed = inputs
        candidates = scores + tf.gather(into, carry[0]) * tf.expand_dims(followed, 1)
        return tf.argmax(candidates, axis=-1, output_type=tf.int32), candidates

    start = tf.zeros_like(path_scores[0])
    first = (tf.argmax(start, axis=-1, output_type=tf.int32), start)
    return tf.scan(step, (path_scores, has_next), first, reverse=True)
