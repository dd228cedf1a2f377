"""TransformerRasaModel: what models with text encoders, labels and tag heads have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from onnlu.decoding.tags import TagSpec
from onnlu_train.layers.attention import AttentionConfig
from onnlu_train.layers.crf import CRF, add_parent
from onnlu_train.layers.dense import RandomlyConnectedDense
from onnlu_train.layers.loss import SingleLabelDotProductLoss
from onnlu_train.layers.sequence import InputConfig, SequenceLayer
from onnlu_train.layers.transformer import TransformerConfig
from onnlu_train.model_data.keys import TEXT_KEY
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.signature import DataSignature, FeatureSignature
from onnlu_train.models.rasa_model import RasaModel


class TagHead(keras.layers.Layer):
    """Tags of one kind: logits, and the CRF that finds the best sequence of tags.

    The head of roles or groups also sees the entity tag of its token. As embedding, concatenation
    and dense layer are linear, that comes down to a row of a table which is added to the logits.

    Args:
        spec: the tags.
        units: width of the encoded tokens.
        config: embedding dimension and regularisation.
        parent: the tags this head depends on; None for entities.
    """

    def __init__(
        self, spec: TagSpec, units: int, config: Mapping[str, Any], parent: TagSpec | None
    ) -> None:
        super().__init__(name=spec.name)
        regularization = config["regularization_constant"]
        self._units = units
        self._parent_embedding = None
        embedding = config["embedding_dimension"] if parent else 0
        if parent is not None:
            self._parent_embedding = RandomlyConnectedDense(
                len(parent.tags),
                embedding,
                name=f"{spec.name}.parent",
                regularization_constant=regularization,
            )
        self._logits = RandomlyConnectedDense(
            units + embedding,
            len(spec.tags),
            name=f"{spec.name}.logits",
            regularization_constant=regularization,
        )
        self._crf = CRF(len(spec.tags), regularization, name=f"{spec.name}.crf")
        self.built = True

    def logits(self, encoded: tf.Tensor) -> tf.Tensor:
        """Map encoded rows [rows, units] to logits [rows, tags]."""
        return tf.matmul(encoded, self._logits.kernel[: self._units]) + self._logits.bias

    def loss(
        self,
        logits: tf.Tensor,
        tag_ids: tf.Tensor,
        lengths: tf.Tensor,
        parent_tags: tf.Tensor,
        scale: bool,
    ) -> tf.Tensor:
        """Return the CRF's loss, a scalar; `parent_tags` are the true ones, int32 [batch, time]."""
        table = self._parent_table()
        if table is not None:
            logits = add_parent(logits, parent_tags, table)
        return self._crf.loss(logits, tag_ids, lengths, scale=scale)

    def decode(self, logits: tf.Tensor, lengths: tf.Tensor, parent_tags: Any) -> tuple[Any, Any]:
        """Return the best tags and their scores, [batch, time] each."""
        table = self._parent_table()
        if table is None:
            return self._crf.decode(logits, lengths)
        return self._crf.decode(logits, lengths, parent_tags=parent_tags, parent_table=table)

    def _parent_table(self) -> tf.Tensor | None:
        if self._parent_embedding is None:
            return None
        embedded = self._parent_embedding.kernel + self._parent_embedding.bias
        return tf.matmul(embedded, self._logits.kernel[self._units :])


class TransformerRasaModel(RasaModel):
    """A model that encodes texts with a transformer.

    Args:
        name: name of the model.
        config: options of the classifier.
        data_signature: what a training batch looks like.
        label_data: features of every label, in the order of their ids.
    """

    def __init__(
        self,
        name: str,
        config: Mapping[str, Any],
        data_signature: DataSignature,
        label_data: RasaModelData,
    ) -> None:
        super().__init__(
            name=name,
            random_seed=config["random_seed"],
            predict_data_signature={TEXT_KEY: data_signature[TEXT_KEY]},
        )
        self.config = dict(config)
        self.data_signature = data_signature
        self.label_signature = label_data.signature()
        self.number_of_labels = label_data.number_of_examples
        examples = np.arange(self.number_of_labels)
        self._label_batch = tuple(tf.constant(t) for t in label_data.batch(examples))

    @property
    def dot_product_loss_layer(self) -> type[SingleLabelDotProductLoss]:
        """The loss between embedded texts and embedded labels."""
        return SingleLabelDotProductLoss

    def all_label_features(self) -> dict[str, list[Any]]:
        """Return the features of every label by type."""
        batch = self.batch_to_model_data_format(self._label_batch, self.label_signature)
        return next(iter(batch.values()))

    def _dot_product_loss(self) -> SingleLabelDotProductLoss:
        return self.dot_product_loss_layer(
            self.config["number_of_negative_examples"],
            self.config["constrain_similarities"],
            self.config["scale_loss"],
        )

    def _sequence_layer(self, features: dict[str, list[FeatureSignature]]) -> SequenceLayer:
        config = self.config
        return SequenceLayer(
            features,
            self._input_config(TEXT_KEY, drop_rate=config["drop_rate"]),
            self._transformer_config(),
            name=TEXT_KEY,
        )

    def _transformer_config(self) -> TransformerConfig:
        config = self.config
        attention = AttentionConfig(
            units=config["transformer_size"],
            heads=config["number_of_attention_heads"],
            density=config["connection_density"],
            drop_rate=config["drop_rate_attention"],
            key_relative=config["use_key_relative_attention"],
            value_relative=config["use_value_relative_attention"],
            max_relative_position=config["max_relative_position"],
            unidirectional=config["unidirectional_encoder"],
        )
        return TransformerConfig(
            layers=config["number_of_transformer_layers"],
            attention=attention,
            drop_rate=config["drop_rate"],
            regularization_constant=config["regularization_constant"],
        )

    def _input_config(self, attribute: str, drop_rate: float) -> InputConfig:
        config = self.config
        return InputConfig(
            dense_dimension=config["dense_dimension"][attribute],
            drop_rate=drop_rate,
            sparse_dropout=config["use_sparse_input_dropout"],
            dense_dropout=config["use_dense_input_dropout"],
            regularization_constant=config["regularization_constant"],
        )

    def _embedding(self, units: int, name: str) -> RandomlyConnectedDense:
        return RandomlyConnectedDense(
            units,
            self.config["embedding_dimension"],
            name=name,
            regularization_constant=self.config["regularization_constant"],
        )


def by_text(rows: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Return rows [batch x slots, units] as [batch, slots, units]; the mask is [batch, slots]."""
    shape = tf.shape(mask, out_type=tf.int64)
    return tf.reshape(rows, tf.concat([shape, [rows.shape[-1]]], axis=0))


def last_token(rows: tf.Tensor, mask: tf.Tensor, last: tf.Tensor) -> tf.Tensor:
    """Return one row of each text.

    Args:
        rows: [batch x slots, units].
        mask: [batch, slots].
        last: which slot of each text, int64 [batch].

    Returns:
        [batch, units].
    """
    slots = tf.range(tf.shape(mask, out_type=tf.int64)[1])
    chosen = tf.cast(tf.equal(slots, tf.expand_dims(last, 1)), rows.dtype)
    return tf.squeeze(tf.matmul(tf.expand_dims(chosen, 1), by_text(rows, mask)), 1)
