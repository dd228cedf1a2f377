"""The loss of inputs that have several labels each, with sampled candidates."""

from __future__ import annotations

import tensorflow as tf

from onnlu_train.layers.loss import DotProductLoss, scale_factor
from onnlu_train.layers.random_numbers import uniform

PADDING_ID = -1


class MultiLabelDotProductLoss(DotProductLoss):
    """Sigmoid cross entropy of all right labels and of sampled candidates, as in Rasa 3.6.

    Of the options `similarity_type`, `scale_loss` and `number_of_negative_examples` count; the last
    is the number of candidates, of which some may be right.
    """

    def call(
        self,
        inputs: tf.Tensor,
        label_ids: tf.Tensor,
        all_labels: tf.Tensor,
        identities: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return mean loss and the share of right guesses, both scalars.

        Args:
            inputs: embedded inputs, float32 [batch, embedding].
            label_ids: rows of `all_labels` that belong to each, int32 [batch, positives], padded
                with `PADDING_ID`; or [batch] for one each.
            all_labels: embedded labels, float32 [labels, embedding].
            identities: labels with equal rows are the same label, [labels, units]; None where all
                labels differ.
        """
        if len(label_ids.shape) == 1:
            label_ids = tf.expand_dims(label_ids, 1)
        shape = tf.stack([tf.shape(inputs)[0], self.config.number_of_negative_examples])
        candidates = uniform(shape, maxval=tf.shape(all_labels)[0], dtype=tf.int32)
        logits = tf.matmul(self.embedded(inputs), self.embedded(all_labels), transpose_b=True)
        # Padding looks its similarity up somewhere; it is left out of the loss.
        examples = tf.concat([tf.maximum(label_ids, 0), candidates], axis=1)
        weights = tf.concat([tf.cast(label_ids != PADDING_ID, tf.float32), tf.ones(shape)], axis=1)
        targets = tf.concat(
            [tf.ones_like(label_ids, tf.float32), _right(candidates, label_ids, identities)],
            axis=1,
        )
        return self.loss(tf.gather(logits, examples, batch_dims=1), targets, weights)

    def loss(
        self, logits: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return mean loss and share of right guesses.

        Args:
            logits: similarities, float32 [batch, examples].
            targets: 1 for right labels, 0 for others, [batch, examples].
            weights: 1 for what counts, 0 for padding, [batch, examples].
        """
        sigmoid = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=logits)
        number = tf.reduce_sum(weights, axis=1)
        loss = tf.reduce_sum(sigmoid * weights, axis=1) / number
        if self.config.scale_loss:
            loss *= scale_factor(-loss)
        guessed = tf.cast(tf.equal(tf.cast(logits > 0, tf.float32), targets), tf.float32)
        right = tf.reduce_sum(guessed * weights, axis=1) / number
        return tf.reduce_mean(loss), tf.reduce_mean(right)


def _right(candidates: tf.Tensor, label_ids: tf.Tensor, identities: tf.Tensor | None) -> tf.Tensor:
    """Return 1 for candidates [batch, candidates] among the right labels [batch, positives]."""
    candidates, label_ids = tf.expand_dims(candidates, 2), tf.expand_dims(label_ids, 1)
    same = tf.equal(candidates, label_ids)
    if identities is not None:
        own, other = (
            tf.gather(identities, tf.maximum(label_ids, 0)),
            tf.gather(identities, candidates),
        )
        same = tf.logical_and(tf.reduce_all(tf.equal(own, other), axis=-1), label_ids != PADDING_ID)
    return tf.cast(tf.reduce_any(same, axis=2), tf.float32)
