"""From the features of an attribute to one vector a token, and one for the sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import keras
import tensorflow as tf

from onnlu.features import SENTENCE, SEQUENCE
from onnlu_engine.errors import InvalidConfigException
from onnlu_train.layers.dense import dropout
from onnlu_train.layers.feed_forward import FeedForward, FeedForwardConfig
from onnlu_train.layers.rows import as_rows
from onnlu_train.layers.sparse_to_dense import PaddedBags, SparseToDense, sparse_dropout
from onnlu_train.model_data.signature import FeatureSignature

Feature: TypeAlias = tf.Tensor | tf.SparseTensor | PaddedBags


class InputConfig(NamedTuple):
    """How the features of one attribute become dense.

    Attributes:
        dense_dimension: units that sparse features become.
        concat_dimension: units of tokens and sentence, where their features differ in width.
        sparse_dropout: drop entries of sparse features while training.
        dense_dropout: drop units of what they become while training.
        hidden: what the layers have in common; its `drop_rate` is the rate of every dropout.
    """

    dense_dimension: int
    concat_dimension: int
    sparse_dropout: bool = False
    dense_dropout: bool = False
    hidden: FeedForwardConfig = FeedForwardConfig()


class ConcatenateSparseDenseFeatures(keras.layers.Layer):
    """Make the sparse features of one type dense, and put the dense ones beside them.

    Args:
        features: signatures, sparse before dense.
        config: widths and dropout.
        name: name of the layer.

    Raises:
        InvalidConfigException: there are no features, or sparse ones of different widths.
    """

    def __init__(
        self, features: Sequence[FeatureSignature], config: InputConfig, *, name: str
    ) -> None:
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
                regularization_constant=config.hidden.regularization_constant,
            )
        self.units = sum(
            config.dense_dimension if feature.is_sparse else feature.units for feature in features
        )
        self.built = True

    def call(self, features: Sequence[Feature], training: bool = False) -> tf.Tensor:
        """Return float32 [batch, time, units]."""
        dense = [self._to_dense(feature, training) for feature in features]
        return dense[0] if len(dense) == 1 else tf.concat(dense, axis=-1)

    def widen(self, before: Sequence[int], after: Sequence[int]) -> None:
        """Take more columns of sparse features; see `SparseToDense.widen`."""
        if self._sparse_to_dense is not None:
            self._sparse_to_dense.widen(before, after)

    def _to_dense(self, feature: Feature, training: bool) -> tf.Tensor:
        if not isinstance(feature, tf.SparseTensor | PaddedBags):
            return feature
        config, rate = self._config, self._config.hidden.drop_rate
        if training and config.sparse_dropout and rate:
            feature = sparse_dropout(feature, rate)
        return dropout(self._sparse_to_dense(feature), rate, training and config.dense_dropout)


class FeatureCombining(keras.layers.Layer):
    """Combine token features and sentence features: the sentence takes the slot after the tokens.

    Where the two differ in width, a hidden layer each brings them to `concat_dimension`.

    Args:
        features: signatures of an attribute, of which `sequence` and `sentence` count.
        config: widths and dropout.
        name: name of the layer, unique in its model.

    Raises:
        InvalidConfigException: there are no features.
    """

    def __init__(
        self,
        features: Mapping[str, Sequence[FeatureSignature]],
        config: InputConfig,
        *,
        name: str,
    ) -> None:
        super().__init__(name=name)
        parts = {
            kind: ConcatenateSparseDenseFeatures(features[kind], config, name=f"{name}.{kind}")
            for kind in (SEQUENCE, SENTENCE)
            if features.get(kind)
        }
        if not parts:
            raise InvalidConfigException(f"{name}: there are no features to combine.")
        widths = {part.units for part in parts.values()}
        self.units = widths.pop()
        self._parts, self._unifying = parts, {}
        if widths:
            self.units = config.concat_dimension
            self._unifying = {
                kind: FeedForward(
                    part.units, [self.units], config.hidden, name=f"{name}.{kind}.concat"
                )
                for kind, part in parts.items()
            }
        self.built = True

    def call(
        self,
        features: Mapping[str, Sequence[Feature]],
        lengths: tf.Tensor,
        training: bool = False,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Combine.

        Args:
            features: feature tensors by type; of one type alone, only that is combined.
            lengths: number of tokens, int64 [batch].
            training: whether dropout applies.

        Returns:
            Features [batch, slots, units] and mask [batch, slots], with one slot more than the
            longest text has tokens where there are sentence features.
        """
        if not features.get(SEQUENCE):
            sentence = self._combined(SENTENCE, features, training)
            return sentence, tf.ones_like(sentence[:, :, 0])
        tokens = self._combined(SEQUENCE, features, training)
        if not features.get(SENTENCE):
            slots, behind = _slots_and_lengths(tokens, lengths)
            mask = tf.cast(slots < behind, tf.float32)
            return tokens * mask, tf.squeeze(mask, 2)
        sentence = self._combined(SENTENCE, features, training)
        # One slot more than the longest text has tokens; the sentence itself is put in below.
        tokens = tf.concat([tokens, sentence], axis=1)
        slots, last = _slots_and_lengths(tokens, lengths)
        mask = tf.cast(slots <= last, tf.float32)
        # A factor: tf2onnx makes six operations of a `tf.where`.
        is_sentence = tf.cast(tf.equal(slots, last), tf.float32)
        combined = tokens * (mask - is_sentence) + sentence * is_sentence
        return combined, tf.squeeze(mask, 2)

    def widen(
        self, before: Mapping[str, Sequence[int]], after: Mapping[str, Sequence[int]]
    ) -> None:
        """Take more columns of sparse features.

        Args:
            before: number of columns of each featurizer, by type of features.
            after: the same, none of them smaller.
        """
        for kind, part in self._parts.items():
            if after.get(kind) != before.get(kind):
                part.widen(before[kind], after[kind])

    def _combined(
        self, kind: str, features: Mapping[str, Sequence[Feature]], training: bool
    ) -> tf.Tensor:
        """Return the features of one type, [batch, time, units]."""
        combined = self._parts[kind](features[kind], training=training)
        if kind not in self._unifying:
            return combined
        rows = self._unifying[kind](as_rows(combined), training=training)
        shape = tf.shape(combined, out_type=tf.int64)[:2]
        return tf.reshape(rows, tf.concat([shape, [self.units]], axis=0))


def _slots_and_lengths(features: tf.Tensor, lengths: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the slots' numbers of [batch, slots, units], [slots, 1], and lengths [batch, 1, 1]."""
    slots = tf.range(tf.shape(features, out_type=lengths.dtype)[1])
    return tf.expand_dims(slots, 1), tf.reshape(lengths, [-1, 1, 1])
