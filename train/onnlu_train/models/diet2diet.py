"""DIET2DIET: a text and the response to it go through an encoder each; as in Rasa 3.6."""

from __future__ import annotations

import tensorflow as tf

from onnlu_train.layers.rows import last_token
from onnlu_train.layers.sequence import SequenceLayer
from onnlu_train.model_data.keys import LABEL_KEY, LENGTHS, TEXT_KEY
from onnlu_train.models.diet2bow import DIET2BOW
from onnlu_train.models.shared_layers import check_sharing


class DIET2DIET(DIET2BOW):
    """Tells which label answers a text, by the texts of the labels.

    Each label is encoded as a text is: its sentence, after its tokens, stands for it. It differs
    from `DIET2BOW` in nothing else. Unlike Rasa 3.6 it works without transformer, and predicts from
    the same slot of a text that it was trained on.
    """

    def label_layer(self) -> SequenceLayer:
        """Return what encodes labels; that of texts where its layers are shared.

        Raises:
            InvalidConfigException: layers are shared, but labels and texts have other features.
        """
        signature = self.label_signature[LABEL_KEY]
        if self.config["share_hidden_layers"]:
            check_sharing(self.data_signature[TEXT_KEY], signature)
            return self._text
        return self.sequence_layer(signature, LABEL_KEY)

    def encode_labels(self, training: bool = False) -> tf.Tensor:
        """Return the sentence of every label encoded, float32 [labels, units]."""
        features = self.all_label_features()
        lengths = features[LENGTHS][0]
        label = self._label(features, lengths, training=training, masks_inputs=False)
        return last_token(label.rows, label.mask, lengths)
