"""From the features of an attribute to one vector a token: combine, then transform."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import keras
import tensorflow as tf

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.layers.dense import dropout, gelu
from onnlu_train.layers.sparse_to_dense import PaddedBags, SparseToDense, sparse_dropout
from onnlu_train.layers.transformer import TransformerConfig, TransformerEncoder
from onnlu_train.model_data.signature import FeatureSignature

Feature: TypeAlias = tf.Tensor | tf.SparseTensor | PaddedBags


@dataclass(frozen=True)
class InputConfig:
    """How the features of one attribute become dense.

    Attributes:
        dense_dimension: units that sparse features become.
        drop_rate: dropout rate of what follows.
        sparse_dropout: drop entries of sparse features while training.
        dense_dropout: drop units of what they become while training.
        regularization_constant: L2 of the kernels.
    """

    dense_dimension: int
    drop_rate: float
    sparse_dropout: bool
    dense_dropout: bool
    regularization_constant: float


class ConcatenateSparseDenseFeatures(keras.layers.Layer):
    """Make the sparse features of one type dense, and put the dense ones beside them.

    Args:
        features: signatures, sparse before dense.
        config: widths and dropout.
        name: name of the layer.

    Raises:
        InvalidConfigException: there are no features, or sparse ones of different widths.
    """

    def __init__(self, features: list[FeatureSignature], config: InputConfig, *, name: str) -> None:
        super().__init__(name=name)
        if not features:
            raise InvalidConfigException(f"{name}: there are no features to combine.")
        self._config = config
        sparse_widths = {feature.units for feature in features if feature.is_sparse}
        if len(sparse_widths) > 1:
            raise InvalidConfigException(
                f"{name}: sparse features share one layer and need one width, got {sparse_widths}."
            )
        self._sparse_to_dense: Any = None
        if sparse_widths:
            self._sparse_to_dense = SparseToDense(
                sparse_widths.pop(),
                config.dense_dimension,
                name=f"{name}.sparse_to_dense",
                regularization_constant=config.regularization_constant,
            )
        self.units = sum(
            config.dense_dimension if feature.is_sparse else feature.units for feature in features
        )
        self.built = True

    def call(self, features: list[Feature], training: bool = False) -> tf.Tensor:
        """Return float32 [batch, time, units]."""
        dense = [self._to_dense(feature, training) for feature in features]
        return dense[0] if len(dense) == 1 else tf.concat(dense, axis=-1)

    def _to_dense(self, feature: Feature, training: bool) -> tf.Tensor:
        if not isinstance(feature, tf.SparseTensor | PaddedBags):
            return feature
        config = self._config
        if training and config.sparse_dropout and config.drop_rate:
            feature = sparse_dropout(feature, config.drop_rate)
        dense = self._sparse_to_dense(feature)
        return dropout(dense, config.drop_rate, training and config.dense_dropout)


class FeatureCombining(keras.layers.Layer):
    """Combine token features and sentence features: the sentence takes the slot after the tokens.

    Raises:
        InvalidConfigException: there are no features, or token and sentence features come out in
            different widths.
    """

    def __init__(
        self, features: dict[str, list[FeatureSignature]], config: InputConfig, *, name: str
    ) -> None:
        super().__init__(name=name)
        self._sequence: Any = None
        self._sentence: Any = None
        if features.get("sequence"):
            self._sequence = ConcatenateSparseDenseFeatures(
                features["sequence"], config, name=f"{name}.sequence"
            )
        if features.get("sentence"):
            self._sentence = ConcatenateSparseDenseFeatures(
                features["sentence"], config, name=f"{name}.sentence"
            )
        parts = [part for part in (self._sequence, self._sentence) if part is not None]
        if not parts:
            raise InvalidConfigException(f"{name}: there are no features to combine.")
        if len({part.units for part in parts}) > 1:
            raise InvalidConfigException(
                f"{name}: token and sentence features need one width, "
                f"got {[part.units for part in parts]}."
            )
        self.units = parts[0].units
        self.built = True

    def call(
        self, features: dict[str, list[Feature]], lengths: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Combine.

        Args:
            features: feature tensors by type.
            lengths: number of tokens, int64 [batch].
            training: whether dropout applies.

        Returns:
            Features [batch, slots, units] and mask [batch, slots], with one slot more than the
            longest text has tokens where there are sentence features.
        """
        if self._sequence is None:
            sentence = self._sentence(features["sentence"], training=training)
            return sentence, tf.ones_like(sentence[:, :, 0])
        tokens = self._sequence(features["sequence"], training=training)
        if self._sentence is None:
            mask = _as_mask(_slots_relative_to(lengths, tokens) < 0)
            return tokens * tf.expand_dims(mask, 2), mask
        sentence = self._sentence(features["sentence"], training=training)
        tokens = tf.pad(tokens, [[0, 0], [0, 1], [0, 0]])
        position = _slots_relative_to(lengths, tokens)
        is_token, is_sentence = _as_mask(position < 0), _as_mask(tf.equal(position, 0))
        combined = tokens * tf.expand_dims(is_token, 2) + tf.expand_dims(is_sentence, 2) * sentence
        return combined, is_token + is_sentence


def _slots_relative_to(lengths: tf.Tensor, slots: tf.Tensor) -> tf.Tensor:
    """Return how far each slot [batch, slots] is behind the text's last token; 0 is the next."""
    number = tf.range(tf.shape(slots, out_type=lengths.dtype)[1])
    return tf.expand_dims(number, 0) - tf.expand_dims(lengths, 1)


def _as_mask(flags: tf.Tensor) -> tf.Tensor:
    return tf.cast(flags, tf.float32)


class SequenceLayer(keras.layers.Layer):
    """Combine the features of a text and let its tokens see each other."""

    def __init__(
        self,
        features: dict[str, list[FeatureSignature]],
        input_config: InputConfig,
        transformer_config: TransformerConfig,
        *,
        name: str,
    ) -> None:
        super().__init__(name=name)
        self._combining = FeatureCombining(features, input_config, name=f"{name}.features")
        self._encoder = TransformerEncoder(
            self._combining.units, transformer_config, name=f"{name}.encoder"
        )
        self.units = transformer_config.units
        self.built = True

    def call(
        self, features: dict[str, list[Feature]], lengths: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Transform.

        Returns:
            Rows [batch x slots, units], mask [batch, slots], attention
            [batch, layers, heads, slots, slots].
        """
        combined, mask = self._combining(features, lengths, training=training)
        encoded, attention = self._encoder(combined, mask, training=training)
        return gelu(encoded), mask, attention
