"""A second task in training: to tell which tokens were masked, from those around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import tensorflow as tf

from onnlu.features import SEQUENCE
from onnlu_train.layers.dense import RandomlyConnectedDense
from onnlu_train.layers.loss import DotProductLoss
from onnlu_train.layers.sequence import EncodedText

Features = Mapping[str, Sequence[tf.Tensor | tf.SparseTensor]]

ID_UNITS = 2
"""Units of the random projection that tells tokens of sparse features apart."""


class MaskedLanguageModel(keras.layers.Layer):
    """The loss between masked tokens, as encoded, and what they were, as in Rasa 3.6.

    The candidates for each are the masked tokens of the batch.

    Args:
        encoded_units: width of encoded tokens.
        input_units: width of the transformer's inputs.
        embedding_dimension: where the two are compared.
        loss: the loss between the two.
        regularization_constant: L2 of the embeddings.
        name: name of the layer, unique in its model.
    """

    def __init__(
        self,
        encoded_units: int,
        input_units: int,
        embedding_dimension: int,
        loss: DotProductLoss,
        *,
        regularization_constant: float = 0.0,
        name: str,
    ) -> None:
        super().__init__(name=name)
        self._loss = loss
        self._embed_encoded, self._embed_input = (
            RandomlyConnectedDense(
                units,
                embedding_dimension,
                name=f"{name}.{part}",
                regularization_constant=regularization_constant,
            )
            for part, units in (("embed_encoded", encoded_units), ("embed_input", input_units))
        )
        self.built = True

    def call(self, encoded: EncodedText, features: Features) -> tuple[tf.Tensor, tf.Tensor]:
        """Return mean loss and accuracy, both scalars.

        Args:
            encoded: texts of which tokens may have been masked.
            features: the features that were encoded.
        """
        chosen = at_least_one(encoded.chosen)
        ids = tf.boolean_mask(_ids_by_slot(features, encoded.mask), chosen)
        inputs = self._embed_encoded(tf.boolean_mask(encoded.rows, chosen))
        labels = self._embed_input(tf.boolean_mask(encoded.inputs, chosen))
        own = tf.range(tf.shape(labels)[0])
        return self._loss(inputs, own, labels, identities=ids)


def at_least_one(chosen: tf.Tensor) -> tf.Tensor:
    """Return which rows are chosen, the first one if none is: bool [rows]."""
    is_first = tf.equal(tf.range(tf.shape(chosen)[0]), 0)
    return tf.logical_or(chosen, tf.logical_and(is_first, tf.logical_not(tf.reduce_any(chosen))))


def _ids_by_slot(features: Features, mask: tf.Tensor) -> tf.Tensor:
    """Return `token_ids`, one row a slot: [batch x slots, units]."""
    ids = token_ids(features[SEQUENCE])
    missing = tf.shape(mask)[1] - tf.shape(ids)[1]
    return tf.reshape(tf.pad(ids, [[0, 0], [0, missing], [0, 0]]), [-1, ids.shape[-1]])


def token_ids(features: Sequence[tf.Tensor | tf.SparseTensor]) -> tf.Tensor:
    """Return vectors that are equal for equal tokens only, float32 [batch, time, units].

    They are the first dense feature, or else a random projection of the sparse one.
    """
    for feature in features:
        if not isinstance(feature, tf.SparseTensor):
            return tf.stop_gradient(feature)
    sparse = features[0]
    projection = tf.random.stateless_normal([sparse.shape[-1], ID_UNITS], seed=(0, 0))
    batch, time, _ = tf.unstack(sparse.dense_shape)
    example, row, column = tf.unstack(sparse.indices, axis=1)
    entries = tf.expand_dims(sparse.values, 1) * tf.gather(projection, column)
    ids = tf.math.unsorted_segment_sum(entries, example * time + row, batch * time)
    return tf.reshape(ids, tf.stack([batch, time, tf.constant(ID_UNITS, tf.int64)]))
