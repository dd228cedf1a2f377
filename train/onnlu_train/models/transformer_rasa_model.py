"""TransformerRasaModel: what models with text encoders and labels have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from onnlu.message import DIAGNOSTIC_DATA
from onnlu_engine.errors import InvalidDataException
from onnlu_train.layers.bag_of_features import BagOfFeatures
from onnlu_train.layers.dense import RandomlyConnectedDense
from onnlu_train.layers.feature_combining import FeatureCombining
from onnlu_train.layers.feed_forward import FeedForward
from onnlu_train.layers.loss import DotProductLoss
from onnlu_train.layers.masked_language_model import MaskedLanguageModel
from onnlu_train.layers.rows import by_text
from onnlu_train.layers.sequence import EncodedText, SequenceLayer
from onnlu_train.layers.single_label_loss import SingleLabelDotProductLoss
from onnlu_train.model_data.feature_array import FeatureArray
from onnlu_train.model_data.keys import LABEL_KEY, TEXT_KEY
from onnlu_train.model_data.rasa_model_data import RasaModelData, signature_of
from onnlu_train.model_data.signature import (
    DataSignature,
    FeatureSignature,
    other_features,
)
from onnlu_train.model_data.sparse_feature_sizes import Sizes, shrunk_sizes
from onnlu_train.models.layer_configs import (
    hidden_config,
    input_config,
    loss_config,
    sized_by_labels,
    transformer_config,
)
from onnlu_train.models.outputs import Outputs
from onnlu_train.models.rasa_model import RasaModel
from onnlu_train.models.shared_layers import check_sharing

Signatures = Mapping[str, Sequence[FeatureSignature]]


class TransformerRasaModel(RasaModel):
    """A model that encodes texts with a transformer and tells labels apart.

    A subclass calls `prepare_text_encoding`, makes what encodes labels with `label_layer` or
    `sequence_layer`, and gives `encode_labels`; what tells labels apart is made by
    `prepare_label_classification`.

    Attributes:
        label_metric: what the metrics of labels are called after, as in `i_loss` and `i_acc`.

    Args:
        name: name of the model.
        config: options of the classifier.
        data_signature: what a training batch looks like.
        label_data: features of every label, in the order of their ids.
    """

    label_metric: ClassVar[str] = "i"

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
        self.data_signature = data_signature
        self._combining: dict[str, FeatureCombining] = {}
        self._use_label_data(label_data)
        # Labels stay the same in a finetuning, and so does what is sized by them.
        self.config = sized_by_labels(config, self.number_of_labels)

    @property
    def dot_product_loss_layer(self) -> type[DotProductLoss]:
        """The loss between embedded inputs and embedded labels."""
        return SingleLabelDotProductLoss

    # Layers, from the options

    def sequence_layer(self, features: Signatures, attribute: str = TEXT_KEY) -> SequenceLayer:
        """Return what encodes the tokens of a text.

        Args:
            features: signatures of its features.
            attribute: whose options count, and the name of the layer; tokens of texts alone may be
                masked.
        """
        config = self.config
        combining = FeatureCombining(
            features, input_config(config, attribute), name=f"{attribute}.features"
        )
        self._combining[attribute] = combining
        return SequenceLayer(
            combining,
            self._hidden_layers(combining.units, attribute),
            transformer_config(config),
            masks_inputs=attribute == TEXT_KEY and config["use_masked_language_model"],
            name=attribute,
        )

    def prepare_text_encoding(self) -> None:
        """Make what encodes texts, and what is learnt from masked tokens if that is asked for."""
        self._text = self.sequence_layer(self.data_signature[TEXT_KEY])
        self._masked_language_model: Any = None
        if self.config["use_masked_language_model"]:
            self._masked_language_model = self.masked_language_model(self._text)
            self._mask_metrics = self.add_metrics("m")

    def label_layer(self) -> BagOfFeatures:
        """Return what encodes labels as bags of features; it shares layers with texts if asked to.

        Raises:
            InvalidConfigException: layers are shared, but labels and texts have other features.
        """
        text, signature = self._text, self.label_signature[LABEL_KEY]
        if self.config["share_hidden_layers"]:
            check_sharing(self.data_signature[TEXT_KEY], signature)
            return BagOfFeatures(text.combining, text.hidden, name=LABEL_KEY)
        combining = FeatureCombining(
            signature, input_config(self.config, LABEL_KEY), name=LABEL_KEY
        )
        self._combining[LABEL_KEY] = combining
        hidden = self._hidden_layers(combining.units, LABEL_KEY)
        return BagOfFeatures(combining, hidden, name=LABEL_KEY)

    def masked_language_model(self, text: SequenceLayer) -> MaskedLanguageModel:
        """Return the loss of the tokens that a sequence layer masks.

        It is never scaled: that would overpower the others.
        """
        return MaskedLanguageModel(
            text.units,
            text.hidden.units,
            self.config["embedding_dimension"],
            self.dot_product_loss_layer(loss_config(self.config)._replace(scale_loss=False)),
            regularization_constant=self.config["regularization_constant"],
            name=f"{text.name}.masked_language_model",
        )

    def embedding(self, units: int, name: str) -> RandomlyConnectedDense:
        """Return what maps [rows, units] into the space of the labels, [rows, embedding]."""
        return RandomlyConnectedDense(
            units,
            self.config["embedding_dimension"],
            name=name,
            regularization_constant=self.config["regularization_constant"],
        )

    def _hidden_layers(self, units: int, attribute: str) -> FeedForward:
        sizes = self.config["hidden_layers_sizes"][attribute]
        return FeedForward(units, sizes, hidden_config(self.config), name=f"{attribute}.hidden")

    # Texts

    def batch_loss_mask(
        self, text: EncodedText, features: Mapping[str, Sequence[Any]]
    ) -> list[tf.Tensor]:
        """Return the loss of masked tokens; nothing where none may be masked."""
        if text.chosen is None:
            return []
        loss, accuracy = self._masked_language_model(text, features)
        update(self._mask_metrics, loss, accuracy)
        return [loss]

    def diagnostics(self, text: EncodedText) -> Outputs:
        """Return what is there for diagnosis.

        Returns:
            `text_transformed` [batch, slots, units] and, where there is a transformer,
            `attention_weights` [batch, layers, heads, slots, slots].
        """
        found: Outputs = {"text_transformed": by_text(text.rows, text.mask)}
        if text.attention is not None:
            found["attention_weights"] = text.attention
        return {DIAGNOSTIC_DATA: found}

    # Labels

    def encode_labels(self, training: bool = False) -> tf.Tensor:
        """Return every label encoded, float32 [labels, units].

        Raises:
            NotImplementedError: the subclass tells no labels apart.
        """
        raise NotImplementedError(f"{type(self).__name__} has no encode_labels")

    def all_label_features(self) -> dict[str, list[Any]]:
        """Return the features of every label by type, and their lengths."""
        return self.batch_to_model_data_format(self._label_batch, self.label_signature)[LABEL_KEY]

    def prepare_label_classification(self, text_units: int, label_units: int) -> None:
        """Make what tells labels apart.

        Args:
            text_units: width of encoded texts.
            label_units: width of encoded labels.
        """
        self._embed_text = self.embedding(text_units, "embed.text")
        self._embed_label = self.embedding(label_units, "embed.label")
        self._label_loss = self.dot_product_loss_layer(loss_config(self.config))
        # A plain variable: a traced prediction reads it, and no weight file holds it.
        self._all_labels = tf.Variable(
            tf.zeros([self.number_of_labels, self.config["embedding_dimension"]]),
            trainable=False,
        )
        self._label_metrics = self.add_metrics(self.label_metric)

    def batch_loss_label(
        self, sentences: tf.Tensor, label_ids: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Return the loss of encoded texts [batch, units] and their labels int32 [batch]."""
        loss, accuracy = self._label_loss(
            self._embed_text(sentences),
            tf.cast(label_ids, tf.int32),
            self._embed_label(self.encode_labels(training=training)),
        )
        update(self._label_metrics, loss, accuracy)
        return loss

    def predict_label(self, sentences: tf.Tensor) -> Outputs:
        """Return `confidences` float32 [batch, labels] of encoded texts [batch, units]."""
        embedded = self._embed_text(sentences)
        return {"confidences": self._label_loss.confidences(embedded, self._all_labels)}

    def prepare_for_predict(self) -> None:
        """Embed all labels once."""
        if self.number_of_labels:
            self._all_labels.assign(self._embed_label(self.encode_labels()))

    def _use_label_data(self, label_data: RasaModelData) -> None:
        self.label_signature = label_data.signature()
        self.number_of_labels = label_data.number_of_examples
        examples = np.arange(self.number_of_labels)
        self._label_batch = tuple(tf.constant(t) for t in label_data.batch(examples))

    # Finetuning

    def adjust_for_incremental_training(
        self,
        data_example: Mapping[str, Mapping[str, Sequence[FeatureArray]]],
        new_sparse_feature_sizes: Sizes,
        old_sparse_feature_sizes: Sizes,
        label_data: RasaModelData | None = None,
    ) -> None:
        """Make a trained model take the features of other training data, which may be wider.

        Until it is trained further it predicts as before, whatever a text has of new features.

        Args:
            data_example: one or more examples of the training data.
            new_sparse_feature_sizes: numbers of columns that the featurizers give now, by
                attribute ("text", "label") and type, in the order of the pipeline.
            old_sparse_feature_sizes: the same, of the data that the model was trained on.
            label_data: features of every label, in the order of their ids; by default as before.

        Raises:
            InvalidDataException: a featurizer gives fewer columns than before, or features differ
                in something else; the model stays as it is.
        """
        data_signature = signature_of(data_example)
        labels = self.label_signature if label_data is None else label_data.signature()
        problems = [
            *shrunk_sizes(old_sparse_feature_sizes, new_sparse_feature_sizes),
            *other_features(self.data_signature, data_signature),
            *other_features(self.label_signature, labels),
        ]
        if problems:
            raise InvalidDataException(
                f"{self.name} cannot be finetuned: its features may become wider, and here\n"
                + "\n".join(f"  {problem}" for problem in problems)
                + "\nUse the pipeline and files that it was trained with, or train from the "
                "beginning."
            )
        for attribute, combining in self._combining.items():
            combining.widen(
                old_sparse_feature_sizes.get(attribute, {}),
                new_sparse_feature_sizes.get(attribute, {}),
            )
        self.data_signature = data_signature
        self.predict_data_signature = {TEXT_KEY: data_signature[TEXT_KEY]}
        if label_data is not None:
            self._use_label_data(label_data)
        self._predict_function = self._prepared_at = None

    # Metrics

    def add_metrics(self, prefix: str) -> tuple[keras.metrics.Mean, keras.metrics.Mean]:
        """Return and log the means of a loss and an accuracy."""
        loss = keras.metrics.Mean(name=f"{prefix}_loss")
        accuracy = keras.metrics.Mean(name=f"{prefix}_acc")
        self.metrics_to_log += [loss.name, accuracy.name]
        return loss, accuracy


def update(metrics: Sequence[keras.metrics.Mean], *values: tf.Tensor) -> None:
    """Take up the values of one batch, one for each metric."""
    for metric, value in zip(metrics, values, strict=True):
        metric.update_state(value)
