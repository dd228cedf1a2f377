"""The likelihood of a linear-chain CRF, by the scaled forward-backward algorithm.

The forward and backward recursions run on probabilities instead of their logarithms, each step a
product `[batch, tags] x [tags, tags]` that is normalised at once (Rabiner 1989, section V.A). Time
and memory follow `time * batch * tags`; nothing of shape `[batch, time, tags, tags]` ever exists.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

TRANSITION_RANGE = 30.0
"""How far below the largest transition score the normaliser still tells scores apart.

Every factor of the recursions then lies in [exp(-30), 1], so that what float32 rounds to zero
(below exp(-87)) stays exp(-27) smaller than what it is added to, and nothing overflows.
"""


def log_likelihood(
    logits: tf.Tensor, tag_ids: tf.Tensor, lengths: tf.Tensor, transitions: tf.Tensor
) -> tf.Tensor:
    """Log probability of each tag sequence, given the logits.

    A transition score more than `TRANSITION_RANGE` below the largest one counts in the normaliser
    as if it were that far below. Results and gradients are finite for all finite scores, and exact
    to float32 rounding while the transition scores span less than that.

    Args:
        logits: Score of each tag at each step, float32 `[batch, time, tags]`, time >= 1.
        tag_ids: The true tags, int32 `[batch, time]`; padding may hold any valid tag.
        lengths: Steps that count in each row, int32 `[batch]`.
        transitions: Score of going from tag i to tag j, float32 `[tags, tags]`.

    Returns:
        float32 `[batch]`, 0 for rows of length 0.
    """
    # Both shifts cancel between score and normaliser; large scores would cost digits otherwise.
    logits -= tf.stop_gradient(tf.reduce_max(logits, axis=-1, keepdims=True))
    transitions -= tf.stop_gradient(tf.reduce_max(transitions))
    score = _path_score(logits, tag_ids, lengths, transitions)
    return score - _log_normalizer(logits, lengths, transitions)


def _path_score(
    logits: tf.Tensor, tag_ids: tf.Tensor, lengths: tf.Tensor, transitions: tf.Tensor
) -> tf.Tensor:
    """Sum of the scores along the given path, `[batch]`."""
    mask = tf.sequence_mask(lengths, tf.shape(logits)[1], dtype=logits.dtype)
    chosen = tf.one_hot(tag_ids, logits.shape[-1], dtype=logits.dtype)
    unary = tf.reduce_sum(logits * chosen, axis=-1) * mask
    pairs = tf.stack([tag_ids[:, :-1], tag_ids[:, 1:]], axis=-1)
    binary = tf.gather_nd(transitions, pairs) * mask[:, 1:]
    return tf.reduce_sum(unary, axis=1) + tf.reduce_sum(binary, axis=1)


@tf.custom_gradient
def _log_normalizer(
    logits: tf.Tensor, lengths: tf.Tensor, transitions: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, None, tf.Tensor]]]:
    """Log of the summed weight of all paths, `[batch]`; expects the largest scores to be 0.

    Autodiff would store every intermediate of the loop; the backward algorithm gives the same
    gradient, which is the marginals of the tags and the expected counts of the transitions.
    """
    emissions = tf.exp(tf.transpose(logits, [1, 0, 2]))
    weights = tf.exp(tf.maximum(transitions, -TRANSITION_RANGE))
    mask = tf.transpose(tf.sequence_mask(lengths, tf.shape(logits)[1], dtype=logits.dtype))
    mask = tf.expand_dims(mask, -1)
    arriving, scales = _forward(emissions, weights)
    log_normalizer = tf.reduce_sum(mask * tf.math.log(scales), axis=[0, 2])

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, None, tf.Tensor]:
        leaving = _backward(emissions * mask / scales, weights, 1.0 - mask)
        upstream = tf.expand_dims(upstream, -1)
        marginals = arriving * leaving * upstream
        tags = emissions.shape[-1]
        before = tf.reshape((arriving * emissions / scales)[:-1], [-1, tags])
        after = tf.reshape(leaving[1:] * upstream, [-1, tags])
        pairs = tf.matmul(before, after, transpose_a=True)
        return tf.transpose(marginals, [1, 0, 2]), None, weights * pairs

    return log_normalizer, gradient


def _forward(emissions: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mass that arrives at each tag before its emission counts, and the scale of each step.

    Args:
        emissions: `[time, batch, tags]`.
        weights: `[tags, tags]`.

    Returns:
        `[time, batch, tags]` and `[time, batch, 1]`. The logarithms of the scales up to a step
        add up to that of the summed weight of all paths so far.
    """

    def step(carry: tuple[tf.Tensor, ...], emission: tf.Tensor) -> tuple[tf.Tensor, ...]:
        arriving = carry[0]
        mass = arriving * emission
        scale = tf.reduce_sum(mass, axis=-1, keepdims=True)
        return tf.matmul(mass / scale, weights), arriving, scale

    start = tf.ones_like(emissions[0])
    _, arriving, scales = tf.scan(step, emissions, (start, start, start[:, :1]))
    return arriving, scales


def _backward(emissions: tf.Tensor, weights: tf.Tensor, padding: tf.Tensor) -> tf.Tensor:
    """Weight of all that follows from each tag on, its own emission included.

    Args:
        emissions: Divided by the forward scales, 0 in padding, `[time, batch, tags]`.
        weights: `[tags, tags]`.
        padding: 1 beyond the length of a row, else 0, `[time, batch, 1]`.

    Returns:
        `[time, batch, tags]`, 0 in padding; times the arriving mass it is the marginals.
    """

    def step(carry: tuple[tf.Tensor, ...], inputs: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, ...]:
        emission, is_padding = inputs
        leaving = emission * carry[0]
        return tf.matmul(leaving, weights, transpose_b=True) + is_padding, leaving

    start = tf.ones_like(emissions[0])
    return tf.scan(step, (emissions, padding), (start, start), reverse=True)[1]
