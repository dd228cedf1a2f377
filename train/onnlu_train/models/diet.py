"""DIET: one transformer for intents and entities (Bunk et al. 2020), as in Rasa 3.6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from onnlu.decoding.tags import TagSpec
from onnlu_train.layers.sequence import FeatureCombining
from onnlu_train.model_data.keys import ENTITIES_KEY, LABEL_IDS, LABEL_KEY, LENGTHS, TEXT_KEY
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.signature import DataSignature
from onnlu_train.models.outputs import Outputs
from onnlu_train.models.rasa_model import Batch
from onnlu_train.models.transformer_rasa_model import (
    TagHead,
    TransformerRasaModel,
    by_text,
    last_token,
)


class DIET(TransformerRasaModel):
    """Dual intent and entity transformer.

    A training batch holds `text` features and lengths, `label.ids` int32 [batch] where intents are
    learnt, and `entities.<kind>` int32 [batch, time, 1] for each kind of tag.

    Args:
        config: options of the classifier.
        data_signature: what a training batch looks like.
        label_data: features of every intent, in the order of their ids; empty without intents.
        tag_specs: kinds of tags, entities first; empty without entities.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        data_signature: DataSignature,
        label_data: RasaModelData,
        tag_specs: Sequence[TagSpec],
    ) -> None:
        super().__init__("diet", config, data_signature, label_data)
        text = {key: value for key, value in data_signature[TEXT_KEY].items() if key != LENGTHS}
        self._text = self._sequence_layer(text)
        if self.number_of_labels:
            self._prepare_label_classification_layers()
        self._prepare_entity_recognition_layers(tag_specs)

    def _prepare_label_classification_layers(self) -> None:
        label_features = next(iter(self.label_signature.values()))
        self._label = FeatureCombining(
            label_features, self._input_config(LABEL_KEY, drop_rate=0.0), name=LABEL_KEY
        )
        self._embed_text = self._embedding(self._text.units, "embed.text")
        self._embed_label = self._embedding(self._label.units, "embed.label")
        self._intent_loss = self._dot_product_loss()
        # A plain variable: a traced prediction reads it, and no weight file holds it.
        self._all_labels = tf.Variable(
            tf.zeros([self.number_of_labels, self.config["embedding_dimension"]]),
            trainable=False,
        )
        self.intent_accuracy = keras.metrics.Mean(name="i_acc")
        self.intent_loss = keras.metrics.Mean(name="i_loss")
        self.metrics_to_log += ["i_acc", "i_loss"]

    def _prepare_entity_recognition_layers(self, tag_specs: Sequence[TagSpec]) -> None:
        parent = tag_specs[0] if tag_specs else None
        self._heads = [
            TagHead(spec, self._text.units, self.config, parent if spec is not parent else None)
            for spec in tag_specs
        ]
        self.entity_losses = {
            head.name: keras.metrics.Mean(name=f"{head.name[0]}_loss") for head in self._heads
        }
        self.metrics_to_log += [metric.name for metric in self.entity_losses.values()]

    def batch_loss(self, batch_in: Batch, training: bool = False) -> tf.Tensor:
        """Return the sum of the losses of intents and of each kind of tag."""
        batch = self.batch_to_model_data_format(batch_in, self.data_signature)
        lengths = batch[TEXT_KEY][LENGTHS][0]
        rows, mask, _ = self._text(batch[TEXT_KEY], lengths, training=training)
        losses = []
        if self.number_of_labels:
            sentences = last_token(rows, mask, lengths)
            losses.append(self._batch_loss_intent(sentences, batch[LABEL_KEY][LABEL_IDS][0]))
        losses += self._batch_loss_entities(rows, mask, lengths, batch.get(ENTITIES_KEY, {}))
        return tf.add_n(losses)

    def _batch_loss_intent(self, sentences: tf.Tensor, label_ids: tf.Tensor) -> tf.Tensor:
        loss, accuracy = self._intent_loss(
            self._embed_text(sentences), tf.cast(label_ids, tf.int32), self._embedded_labels()
        )
        self.intent_loss.update_state(loss)
        self.intent_accuracy.update_state(accuracy)
        return loss

    def _batch_loss_entities(
        self,
        rows: tf.Tensor,
        mask: tf.Tensor,
        lengths: tf.Tensor,
        tags: dict[str, list[tf.Tensor]],
    ) -> list[tf.Tensor]:
        losses = []
        for head in self._heads:
            loss = head.loss(
                _token_logits(head, rows, mask),
                tf.squeeze(tags[head.name][0], -1),
                tf.cast(lengths, tf.int32),
                tf.squeeze(tags[self._heads[0].name][0], -1),
                self.config["scale_loss"],
            )
            self.entity_losses[head.name].update_state(loss)
            losses.append(loss)
        return losses

    def prepare_for_predict(self) -> None:
        """Embed all labels once."""
        if self.number_of_labels:
            self._all_labels.assign(self._embedded_labels())

    def batch_predict(self, batch_in: Batch) -> Outputs:
        """Return confidences of intents, tags of tokens, and diagnostics.

        Returns:
            `intent.confidences` float32 [batch, labels]; for each kind of tag `tags` int32
            [batch, time] and `scores` float32 [batch, time], 0 beyond the text's length;
            `diagnostic_data` with `attention_weights` [batch, layers, heads, slots, slots] and
            `text_transformed` [batch, slots, units].
        """
        batch = self.batch_to_model_data_format(batch_in, self.predict_data_signature)
        lengths = batch[TEXT_KEY][LENGTHS][0]
        rows, mask, attention = self._text(batch[TEXT_KEY], lengths)
        outputs: Outputs = {}
        if self.number_of_labels:
            embedded = self._embed_text(last_token(rows, mask, lengths))
            products = tf.matmul(embedded, self._all_labels, transpose_b=True)
            outputs["intent"] = {"confidences": tf.nn.softmax(products)}
        outputs |= self._batch_predict_entities(rows, mask, lengths)
        outputs["diagnostic_data"] = {
            "attention_weights": attention,
            "text_transformed": by_text(rows, mask),
        }
        return outputs

    def _batch_predict_entities(
        self, rows: tf.Tensor, mask: tf.Tensor, lengths: tf.Tensor
    ) -> Outputs:
        outputs: Outputs = {}
        entity_tags = None
        for head in self._heads:
            logits = _token_logits(head, rows, mask)
            tags, scores = head.decode(logits, tf.cast(lengths, tf.int32), entity_tags)
            entity_tags = tags if entity_tags is None else entity_tags
            outputs[head.name] = {"tags": tags, "scores": scores}
        return outputs

    def _embedded_labels(self) -> tf.Tensor:
        features = self.all_label_features()
        lengths = tf.ones([self.number_of_labels], tf.int64)
        combined, _ = self._label(features, lengths)
        return self._embed_label(tf.reduce_sum(combined, axis=1))


def _token_logits(head: TagHead, rows: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Return the logits of the tokens alone, [batch, time, tags], without the sentence's slot."""
    return by_text(head.logits(rows), mask)[:, :-1]
