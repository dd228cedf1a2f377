"""The loss of inputs that have one label each, with sampled negatives."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from onnlu_train.layers.loss import MARGIN, NEVER, DotProductLoss, scale_factor
from onnlu_train.layers.random_numbers import uniform


class Similarities(NamedTuple):
    """Similarities of inputs and labels with their own and with sampled ones.

    Attributes:
        positive: input with its own label, [batch, 1].
        input_label: input with sampled labels, [batch, negatives].
        label_label: own label with sampled labels, [batch, negatives].
        input_input: input with sampled inputs, [batch, negatives].
        label_input: own label with sampled inputs, [batch, negatives].
    """

    positive: tf.Tensor
    input_label: tf.Tensor
    label_label: tf.Tensor
    input_input: tf.Tensor
    label_input: tf.Tensor


class SingleLabelDotProductLoss(DotProductLoss):
    """One right label against sampled wrong ones, by cross entropy or margin, as in Rasa 3.6.

    A sample that has the input's own label counts for nothing.
    """

    def call(
        self,
        inputs: tf.Tensor,
        label_ids: tf.Tensor,
        all_labels: tf.Tensor,
        identities: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return mean loss and accuracy among the sampled labels, both scalars.

        Args:
            inputs: embedded inputs, float32 [batch, embedding].
            label_ids: the row of `all_labels` that belongs to each, int32 [batch].
            all_labels: embedded labels, float32 [labels, embedding].
            identities: labels with equal rows are the same label, [labels, units]; None where all
                labels differ.
        """
        similarities = self._sample(inputs, label_ids, all_labels, identities)
        best_wrong = tf.reduce_max(similarities.input_label, axis=-1)
        right = tf.cast(similarities.positive[:, 0] >= best_wrong, tf.float32)
        return self.loss(similarities), tf.reduce_mean(right)

    def loss(self, similarities: Similarities) -> tf.Tensor:
        """Return the mean loss of given similarities."""
        if self.config.loss_type == MARGIN:
            return tf.reduce_mean(self._margins(similarities))
        loss = self._cross_entropies(similarities)
        if self.config.scale_loss:
            loss *= scale_factor(-loss)
        return tf.reduce_mean(loss)

    def _cross_entropies(self, similarities: Similarities) -> tf.Tensor:
        competing = [similarities.positive, similarities.input_label, similarities.label_input]
        if not self.config.constrain_similarities:
            competing += [similarities.input_input, similarities.label_label]
        logits = tf.concat(competing, axis=-1)
        loss = tf.reduce_logsumexp(logits, axis=-1) - similarities.positive[:, 0]
        if self.config.constrain_similarities:
            every = tf.concat(list(similarities), axis=-1)
            targets = tf.concat(
                [tf.ones_like(similarities.positive), tf.zeros_like(every[:, 1:])], axis=-1
            )
            sigmoid = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=every)
            loss += tf.reduce_mean(sigmoid, axis=-1)
        return loss

    def _margins(self, similarities: Similarities) -> tf.Tensor:
        config = self.config

        def too_near(similarity: tf.Tensor) -> tf.Tensor:
            return tf.maximum(0.0, config.maximum_negative_similarity + similarity)

        loss = tf.maximum(0.0, config.maximum_positive_similarity - similarities.positive[:, 0])
        wrong = too_near(similarities.input_label)
        over = tf.reduce_max if config.use_maximum_negative_similarity else tf.reduce_sum
        loss += over(wrong, axis=-1)
        for other in (
            similarities.label_label,
            similarities.input_input,
            similarities.label_input,
        ):
            loss += config.negative_margin_scale * too_near(tf.reduce_max(other, axis=-1))
        return loss

    def _sample(
        self,
        inputs: tf.Tensor,
        label_ids: tf.Tensor,
        all_labels: tf.Tensor,
        identities: tf.Tensor | None,
    ) -> Similarities:
        inputs, all_labels = self.embedded(inputs), self.embedded(all_labels)
        batch, labels = tf.shape(inputs)[0], tf.shape(all_labels)[0]
        own = tf.gather(all_labels, label_ids)
        shape = tf.stack([batch, self.config.number_of_negative_examples])
        input_samples = uniform(shape, maxval=batch, dtype=tf.int32)
        label_samples = uniform(shape, maxval=labels, dtype=tf.int32)
        same_input = _same_label(label_ids, tf.gather(label_ids, input_samples), identities)
        same_label = _same_label(label_ids, label_samples, identities)

        def sampled(left: tf.Tensor, right: tf.Tensor, samples: tf.Tensor) -> tf.Tensor:
            # All products at once, then a choice: cheaper than gathering vectors first.
            return tf.gather(tf.matmul(left, right, transpose_b=True), samples, batch_dims=1)

        return Similarities(
            tf.reduce_sum(inputs * own, axis=-1, keepdims=True),
            sampled(inputs, all_labels, label_samples) + same_label,
            sampled(own, all_labels, label_samples) + same_label,
            sampled(inputs, inputs, input_samples) + same_input,
            sampled(own, inputs, input_samples) + same_input,
        )


def _same_label(own: tf.Tensor, samples: tf.Tensor, identities: tf.Tensor | None) -> tf.Tensor:
    """Return `NEVER` where a sample [batch, negatives] is the own label [batch], else 0."""
    own = tf.expand_dims(own, 1)
    if identities is None:
        same = tf.equal(samples, own)
    else:
        same = tf.reduce_all(
            tf.equal(tf.gather(identities, samples), tf.gather(identities, own)), axis=-1
        )
    return NEVER * tf.cast(same, tf.float32)
