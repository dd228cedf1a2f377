"""DIET: one transformer for intents and entities (Bunk et al. 2020), as in Rasa 3.6."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from onnlu.decoding.tags import TagSpec
from onnlu_train.layers.rows import by_text, last_token
from onnlu_train.layers.sequence import EncodedText
from onnlu_train.layers.tag_head import TagHead
from onnlu_train.model_data.keys import ENTITIES_KEY, LABEL_IDS, LABEL_KEY, LENGTHS, TEXT_KEY
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.signature import DataSignature
from onnlu_train.models.outputs import Outputs
from onnlu_train.models.rasa_model import Batch
from onnlu_train.models.transformer_rasa_model import TransformerRasaModel


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
        self.prepare_text_encoding()
        if self.number_of_labels:
            self._label = self.label_layer()
            self.prepare_label_classification(self._text.units, self._label.units)
        self._prepare_entity_recognition_layers(tag_specs)

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
        """Return the sum of the losses of intents, of each kind of tag and of masked tokens."""
        batch = self.batch_to_model_data_format(batch_in, self.data_signature)
        lengths = batch[TEXT_KEY][LENGTHS][0]
        text = self._text(batch[TEXT_KEY], lengths, training=training)
        losses = self.batch_loss_mask(text, batch[TEXT_KEY])
        if self.number_of_labels:
            sentences = last_token(text.rows, text.mask, lengths)
            label_ids = batch[LABEL_KEY][LABEL_IDS][0]
            losses.append(self.batch_loss_label(sentences, label_ids, training=training))
        losses += self._batch_loss_entities(text, lengths, batch.get(ENTITIES_KEY, {}))
        return tf.add_n(losses)

    def encode_labels(self, training: bool = False) -> tf.Tensor:
        """Return every intent as a bag of features, float32 [labels, units]."""
        features = self.all_label_features()
        return self._label(features, features[LENGTHS][0], training=training)

    def _batch_loss_entities(
        self, text: EncodedText, lengths: tf.Tensor, tags: dict[str, list[tf.Tensor]]
    ) -> list[tf.Tensor]:
        losses = []
        for head in self._heads:
            loss = head.loss(
                _token_logits(head, text),
                tf.squeeze(tags[head.name][0], -1),
                tf.cast(lengths, tf.int32),
                tf.squeeze(tags[self._heads[0].name][0], -1),
                self.config["scale_loss"],
            )
            self.entity_losses[head.name].update_state(loss)
            losses.append(loss)
        return losses

    def batch_predict(self, batch_in: Batch) -> Outputs:
        """Return confidences of intents, tags of tokens, and diagnostics.

        Returns:
            `intent.confidences` float32 [batch, labels]; for each kind of tag `tags` int32
            [batch, time] and `scores` float32 [batch, time], 0 beyond the text's length; and what
            `diagnostics` returns.
        """
        batch = self.batch_to_model_data_format(batch_in, self.predict_data_signature)
        lengths = batch[TEXT_KEY][LENGTHS][0]
        text = self._text(batch[TEXT_KEY], lengths)
        outputs: Outputs = {}
        if self.number_of_labels:
            outputs["intent"] = self.predict_label(last_token(text.rows, text.mask, lengths))
        outputs |= self._batch_predict_entities(text, lengths)
        return outputs | self.diagnostics(text)

    def _batch_predict_entities(self, text: EncodedText, lengths: tf.Tensor) -> Outputs:
        outputs: Outputs = {}
        entity_tags = None
        for head in self._heads:
            logits = _token_logits(head, text)
            tags, scores = head.decode(logits, tf.cast(lengths, tf.int32), entity_tags)
            entity_tags = tags if entity_tags is None else entity_tags
            outputs[head.name] = {"tags": tags, "scores": scores}
        return outputs


def _token_logits(head: TagHead, text: EncodedText) -> tf.Tensor:
    """Return the logits of the tokens alone, [batch, time, tags], without the sentence's slot."""
    return by_text(head.logits(text.rows), text.mask)[:, :-1]
