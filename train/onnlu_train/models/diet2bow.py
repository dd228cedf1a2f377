"""DIET2BOW: a text goes through DIET's encoder, a label is a bag of features; as in Rasa 3.6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from onnlu_train.layers.rows import last_token
from onnlu_train.model_data.keys import LABEL_IDS, LABEL_KEY, LENGTHS, TEXT_KEY
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.signature import DataSignature
from onnlu_train.models.outputs import Outputs
from onnlu_train.models.rasa_model import Batch
from onnlu_train.models.transformer_rasa_model import TransformerRasaModel


class DIET2BOW(TransformerRasaModel):
    """Tells which label answers a text, by the names of the labels.

    A training batch holds `text` features and lengths, and `label.ids` int32 [batch].

    Args:
        config: options of the response selector.
        data_signature: what a training batch looks like.
        label_data: features of every label, in the order of their ids.
    """

    label_metric = "r"

    def __init__(
        self,
        config: Mapping[str, Any],
        data_signature: DataSignature,
        label_data: RasaModelData,
    ) -> None:
        super().__init__(type(self).__name__.lower(), config, data_signature, label_data)
        self.prepare_text_encoding()
        self._label = self.label_layer()
        self.prepare_label_classification(self._text.units, self._label.units)

    def batch_loss(self, batch_in: Batch, training: bool = False) -> tf.Tensor:
        """Return the sum of the losses of labels and of masked tokens."""
        batch = self.batch_to_model_data_format(batch_in, self.data_signature)
        lengths = batch[TEXT_KEY][LENGTHS][0]
        text = self._text(batch[TEXT_KEY], lengths, training=training)
        sentences = last_token(text.rows, text.mask, lengths)
        label_ids = batch[LABEL_KEY][LABEL_IDS][0]
        losses = self.batch_loss_mask(text, batch[TEXT_KEY])
        losses.append(self.batch_loss_label(sentences, label_ids, training=training))
        return tf.add_n(losses)

    def encode_labels(self, training: bool = False) -> tf.Tensor:
        """Return every label as a bag of features, float32 [labels, units]."""
        features = self.all_label_features()
        return self._label(features, features[LENGTHS][0], training=training)

    def batch_predict(self, batch_in: Batch) -> Outputs:
        """Return `response.confidences` float32 [batch, labels], and what `diagnostics` returns."""
        batch = self.batch_to_model_data_format(batch_in, self.predict_data_signature)
        lengths = batch[TEXT_KEY][LENGTHS][0]
        text = self._text(batch[TEXT_KEY], lengths)
        sentences = last_token(text.rows, text.mask, lengths)
        return {"response": self.predict_label(sentences)} | self.diagnostics(text)
