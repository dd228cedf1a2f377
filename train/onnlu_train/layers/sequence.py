"""From the features of a text to one vector a token: combine, then let them see each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from onnlu_train.layers.dense import gelu
from onnlu_train.layers.feature_combining import Feature, FeatureCombining
from onnlu_train.layers.feed_forward import FeedForward
from onnlu_train.layers.input_mask import InputMask
from onnlu_train.layers.rows import as_rows
from onnlu_train.layers.transformer import TransformerConfig, TransformerEncoder


class EncodedText(NamedTuple):
    """What a sequence layer makes of texts.

    Attributes:
        rows: float32 [batch x slots, units].
        mask: 1 for slots in use, float32 [batch, slots].
        attention: [batch, layers, heads, slots, slots]; None without transformer.
        inputs: what went in, before any of it was masked, [batch x slots, input units].
        chosen: which inputs were masked, bool [batch x slots]; None where none may be.
    """

    rows: tf.Tensor
    mask: tf.Tensor
    attention: tf.Tensor | None
    inputs: tf.Tensor
    chosen: tf.Tensor | None


class SequenceLayer(keras.layers.Layer):
    """Combine the features of a text, pass them through hidden layers and a transformer.

    Args:
        combining: combines the features.
        hidden: hidden layers.
        transformer: shape of the transformer; None for no transformer.
        masks_inputs: mask some of the transformer's inputs while training.
        name: name of the layer, unique in its model.

    Attributes:
        combining: the same.
        hidden: the same.
        units: width of the encoded tokens.
    """

    def __init__(
        self,
        combining: FeatureCombining,
        hidden: FeedForward,
        transformer: TransformerConfig | None,
        *,
        masks_inputs: bool = False,
        name: str,
    ) -> None:
        super().__init__(name=name)
        self.combining, self.hidden = combining, hidden
        self.units = hidden.units
        self._input_mask: Any = None
        self._encoder: Any = None
        if masks_inputs:
            self._input_mask = InputMask(hidden.units, name=f"{name}.input_mask")
        if transformer is not None:
            self._encoder = TransformerEncoder(hidden.units, transformer, name=f"{name}.encoder")
            self.units = transformer.units
        self.built = True

    def call(
        self,
        features: Mapping[str, Sequence[Feature]],
        lengths: tf.Tensor,
        training: bool = False,
        masks_inputs: bool = True,
    ) -> EncodedText:
        """Encode.

        Args:
            features: feature tensors by type.
            lengths: numbers of tokens, int64 [batch].
            training: whether dropout applies.
            masks_inputs: mask inputs where the layer does so.
        """
        combined, mask = self.combining(features, lengths, training=training)
        rows = inputs = self.hidden(as_rows(combined), training=training)
        chosen = attention = None
        if training and masks_inputs and self._input_mask is not None:
            rows, chosen = self._input_mask(inputs, _is_token(lengths, mask))
        if self._encoder is not None:
            rows, attention = self._encoder(rows, mask, training=training)
            rows = gelu(rows)
        return EncodedText(rows, mask, attention, inputs, chosen)


def _is_token(lengths: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Return 1 for tokens, 0 for sentences and padding, float32 [batch x slots]."""
    return tf.reshape(tf.sequence_mask(lengths, tf.shape(mask)[1], dtype=tf.float32), [-1])
