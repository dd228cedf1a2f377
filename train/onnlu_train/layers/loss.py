"""The loss between embedded texts and embedded labels, with sampled negatives."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from onnlu_train.layers.random_numbers import uniform

_NEVER = -1e9


class Similarities(NamedTuple):
    """Inner products of texts and labels with their own and with sampled ones.

    Attributes:
        positive: text with its own label, [batch, 1].
        text_label: text with sampled labels, [batch, negatives].
        label_label: own label with sampled labels, [batch, negatives].
        text_text: text with sampled texts, [batch, negatives].
        label_text: own label with sampled texts, [batch, negatives].
    """

    positive: tf.Tensor
    text_label: tf.Tensor
    label_label: tf.Tensor
    text_text: tf.Tensor
    label_text: tf.Tensor


class SingleLabelDotProductLoss:
    """Cross entropy of one right label against sampled wrong ones, as in Rasa 3.6.

    Args:
        number_of_negative_examples: sampled for each text, with replacement; a sample that has
            the text's own label counts for nothing.
        constrain_similarities: push single similarities apart too, with a sigmoid.
        scale_loss: weigh examples down that are right already.
    """

    def __init__(
        self, number_of_negative_examples: int, constrain_similarities: bool, scale_loss: bool
    ) -> None:
        self._negatives = number_of_negative_examples
        self._constrain = constrain_similarities
        self._scale = scale_loss

    def __call__(
        self, texts: tf.Tensor, label_ids: tf.Tensor, all_labels: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return mean loss and accuracy among the sampled labels, both scalars.

        Args:
            texts: embedded texts, float32 [batch, embedding].
            label_ids: their labels, int32 [batch].
            all_labels: embedded labels, float32 [labels, embedding].
        """
        similarities = self._sample(texts, label_ids, all_labels)
        best_wrong = tf.reduce_max(similarities.text_label, axis=-1)
        right = tf.cast(similarities.positive[:, 0] >= best_wrong, tf.float32)
        return self.loss(similarities), tf.reduce_mean(right)

    def loss(self, similarities: Similarities) -> tf.Tensor:
        """Return the mean cross entropy of given similarities."""
        competing = [similarities.positive, similarities.text_label, similarities.label_text]
        if not self._constrain:
            competing += [similarities.text_text, similarities.label_label]
        logits = tf.concat(competing, axis=-1)
        loss = tf.reduce_logsumexp(logits, axis=-1) - similarities.positive[:, 0]
        if self._constrain:
            every = tf.concat(list(similarities), axis=-1)
            targets = tf.concat(
                [tf.ones_like(similarities.positive), tf.zeros_like(every[:, 1:])], axis=-1
            )
            sigmoid = tf.nn.sigmoid_cross_entropy_with_logits(labels=targets, logits=every)
            loss += tf.reduce_mean(sigmoid, axis=-1)
        if self._scale:
            loss *= scale_factor(-loss)
        return tf.reduce_mean(loss)

    def _sample(
        self, texts: tf.Tensor, label_ids: tf.Tensor, all_labels: tf.Tensor
    ) -> Similarities:
        batch, labels = tf.shape(texts)[0], tf.shape(all_labels)[0]
        own = tf.gather(all_labels, label_ids)
        shape = tf.stack([batch, self._negatives])
        text_samples = uniform(shape, maxval=batch, dtype=tf.int32)
        label_samples = uniform(shape, maxval=labels, dtype=tf.int32)
        own_ids = tf.expand_dims(label_ids, 1)
        same_text = _NEVER * tf.cast(tf.gather(label_ids, text_samples) == own_ids, tf.float32)
        same_label = _NEVER * tf.cast(label_samples == own_ids, tf.float32)

        def sampled(left: tf.Tensor, right: tf.Tensor, samples: tf.Tensor) -> tf.Tensor:
            # All products at once, then a choice: cheaper than gathering vectors first.
            return tf.gather(tf.matmul(left, right, transpose_b=True), samples, batch_dims=1)

        return Similarities(
            tf.reduce_sum(texts * own, axis=-1, keepdims=True),
            sampled(texts, all_labels, label_samples) + same_label,
            sampled(own, all_labels, label_samples) + same_label,
            sampled(texts, texts, text_samples) + same_text,
            sampled(own, texts, text_samples) + same_text,
        )


def scale_factor(log_likelihood: tf.Tensor) -> tf.Tensor:
    """Return the weight of each example: less the likelier it is already, as in Rasa 3.6.

    ((1 - p) / 0.5)^4 with p the likelihood, once any p of the batch exceeds 0.5, else 1.
    No gradient flows through it.
    """
    likelihood = tf.exp(log_likelihood)
    scaled = tf.pow((1.0 - likelihood) / 0.5, 4.0)
    some_right = tf.reduce_max(likelihood) > 0.5
    return tf.stop_gradient(tf.where(some_right, scaled, tf.ones_like(scaled)))
