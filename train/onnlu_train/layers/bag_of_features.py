"""A label, or a short text, as the sum of what it consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf

from onnlu_train.layers.feature_combining import Feature, FeatureCombining
from onnlu_train.layers.feed_forward import FeedForward


class BagOfFeatures(keras.layers.Layer):
    """Combine features, add up all slots, and pass the sum through hidden layers.

    Features are never dropped, as in Rasa 3.6; only the hidden layers have dropout.

    Args:
        combining: combines the features; those of another layer where the two share weights.
        hidden: the hidden layers, of the same origin.
        name: name of the layer.
    """

    def __init__(self, combining: FeatureCombining, hidden: FeedForward, *, name: str) -> None:
        super().__init__(name=name)
        self._combining, self._hidden = combining, hidden
        self.units = hidden.units
        self.built = True

    def call(
        self,
        features: Mapping[str, Sequence[Feature]],
        lengths: tf.Tensor,
        training: bool = False,
    ) -> tf.Tensor:
        """Return float32 [batch, units]; `lengths` is int64 [batch]."""
        # Said outright, or Keras would hand the value of this call on. An intent's features are but
        # one number: where dropout takes it, nothing is left to tell which intent it is.
        combined, _ = self._combining(features, lengths, training=False)
        return self._hidden(tf.reduce_sum(combined, axis=1), training=training)
