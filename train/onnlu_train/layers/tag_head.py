"""Tags of tokens: logits, and the CRF that finds the best sequence of tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from onnlu.decoding.tags import TagSpec
from onnlu_train.layers.crf import CRF, add_parent
from onnlu_train.layers.dense import RandomlyConnectedDense


class TagHead(keras.layers.Layer):
    """Tags of one kind: logits, and the CRF that finds the best sequence of tags.

    The head of roles or groups also sees the entity tag of its token. As embedding, concatenation
    and dense layer are linear, that comes down to a row of a table which is added to the logits.

    Args:
        spec: the tags.
        units: width of the encoded tokens.
        config: options of the classifier.
        parent: the tags this head depends on; None for entities.
    """

    def __init__(
        self, spec: TagSpec, units: int, config: Mapping[str, Any], parent: TagSpec | None
    ) -> None:
        super().__init__(name=spec.name)
        regularization = config["regularization_constant"]
        self._units = units
        self._rasa_compat = config["rasa_compat"]
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
        return self._crf.decode(
            logits,
            lengths,
            parent_tags=None if table is None else parent_tags,
            parent_table=table,
            rasa_compat=self._rasa_compat,
        )

    def _parent_table(self) -> tf.Tensor | None:
        if self._parent_embedding is None:
            return None
        embedded = self._parent_embedding.kernel + self._parent_embedding.bias
        return tf.matmul(embedded, self._logits.kernel[self._units :])
