"""Losses between embedded inputs and embedded labels: what they have in common."""

from __future__ import annotations

from typing import NamedTuple

import keras
import tensorflow as tf

CROSS_ENTROPY = "cross_entropy"
MARGIN = "margin"
INNER = "inner"
COSINE = "cosine"
SOFTMAX = "softmax"
AUTO = "auto"

NEVER = -1e9


class LossConfig(NamedTuple):
    """Options of a loss.

    Attributes:
        number_of_negative_examples: sampled for each input, with replacement.
        loss_type: `CROSS_ENTROPY` or `MARGIN`.
        similarity_type: `INNER` or `COSINE`.
        model_confidence: `SOFTMAX` of the similarities, or `AUTO` for the similarities themselves.
        constrain_similarities: of cross entropy; push single similarities apart too.
        scale_loss: of cross entropy; weigh examples down that are right already.
        maximum_positive_similarity: of margin; beyond it an input is near enough to its label.
        maximum_negative_similarity: of margin; below it (negated) two are far enough apart.
        use_maximum_negative_similarity: of margin; only the nearest wrong label counts.
        negative_margin_scale: of margin; weight of the similarities among inputs, among labels,
            and of labels to wrong inputs.
    """

    number_of_negative_examples: int = 20
    loss_type: str = CROSS_ENTROPY
    similarity_type: str = INNER
    model_confidence: str = SOFTMAX
    constrain_similarities: bool = False
    scale_loss: bool = False
    maximum_positive_similarity: float = 0.8
    maximum_negative_similarity: float = -0.4
    use_maximum_negative_similarity: bool = True
    negative_margin_scale: float = 0.8


class DotProductLoss(keras.layers.Layer):
    """A loss between inputs and labels that are embedded in one space.

    Args:
        config: its options.
        name: name of the layer.
    """

    def __init__(self, config: LossConfig, *, name: str = "loss") -> None:
        super().__init__(name=name)
        self.config = config
        self.built = True

    def call(
        self,
        inputs: tf.Tensor,
        label_ids: tf.Tensor,
        all_labels: tf.Tensor,
        identities: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Return mean loss and accuracy, both scalars.

        Args:
            inputs: embedded inputs, float32 [batch, embedding].
            label_ids: rows of `all_labels` that belong to them, int32; [batch] for one each.
            all_labels: embedded labels, float32 [labels, embedding].
            identities: labels with equal rows are the same label, [labels, units]; None where all
                labels differ.

        Raises:
            NotImplementedError: the subclass has no loss.
        """
        raise NotImplementedError(f"{type(self).__name__} has no loss")

    def embedded(self, vectors: tf.Tensor) -> tf.Tensor:
        """Return vectors whose inner products are the similarities: [..., embedding]."""
        if self.config.similarity_type == COSINE:
            return tf.math.l2_normalize(vectors, axis=-1)
        return vectors

    def confidences(self, inputs: tf.Tensor, all_labels: tf.Tensor) -> tf.Tensor:
        """Return how sure each input's labels are: [batch, embedding] to [batch, labels]."""
        similarities = tf.matmul(self.embedded(inputs), self.embedded(all_labels), transpose_b=True)
        if self.config.model_confidence == SOFTMAX:
            return tf.nn.softmax(similarities)
        return similarities


def scale_factor(log_likelihood: tf.Tensor) -> tf.Tensor:
    """Return the weight of each example: less the likelier it is already, as in Rasa 3.6.

    ((1 - p) / 0.5)^4 with p the likelihood, once any p of the batch exceeds 0.5, else 1.
    No gradient flows through it.
    """
    likelihood = tf.exp(log_likelihood)
    scaled = tf.pow((1.0 - likelihood) / 0.5, 4.0)
    some_right = tf.reduce_max(likelihood) > 0.5
    return tf.stop_gradient(tf.where(some_right, scaled, tf.ones_like(scaled)))
