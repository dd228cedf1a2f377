"""Linear-chain conditional random field: tags that fit each other as well as their tokens."""

from __future__ import annotations

import keras
import tensorflow as tf

from onnlu_train.layers.crf_forward import log_likelihood
from onnlu_train.layers.deferred import DeferredDecoding, DeferredOutput, noted_decodings
from onnlu_train.layers.dense import l2
from onnlu_train.layers.loss import scale_factor
from onnlu_train.layers.viterbi import viterbi

Decoded = tuple[tf.Tensor, tf.Tensor] | tuple[DeferredOutput, DeferredOutput]


def add_parent(logits: tf.Tensor, parent_tags: tf.Tensor, parent_table: tf.Tensor) -> tf.Tensor:
    """Add to each step's logits what the tag of another head says about them.

    Args:
        logits: float32 `[batch, time, tags]`.
        parent_tags: The other head's tags, int32 `[batch, time]`.
        parent_table: What each of them adds, float32 `[parent tags, tags]`.

    Returns:
        float32 `[batch, time, tags]`.
    """
    return logits + tf.gather(parent_table, parent_tags)


class CRF(keras.layers.Layer):
    """Scores tag sequences by the logits of their tags and the transitions between them.

    Without scores for starting and ending, as Rasa 3.6.

    Attributes:
        transitions: Score of going from tag i to tag j, float32 `[tags, tags]`.
    """

    def __init__(self, num_tags: int, regularization_constant: float, name: str) -> None:
        """Create the transition scores.

        Args:
            num_tags: Number of tags, tag 0 among them.
            regularization_constant: Factor of their L2 penalty.
            name: Name of the layer, unique in its model.
        """
        super().__init__(name=name)
        self.num_tags = num_tags
        self.transitions = self.add_weight(
            shape=(num_tags, num_tags),
            initializer="glorot_uniform",
            regularizer=l2(regularization_constant),
            name="transitions",
        )
        self.built = True

    def loss(
        self, logits: tf.Tensor, tag_ids: tf.Tensor, lengths: tf.Tensor, scale: bool = False
    ) -> tf.Tensor:
        """Mean negative log likelihood of the true tags.

        Args:
            logits: float32 `[batch, time, tags]`, time >= 1.
            tag_ids: The true tags, int32 `[batch, time]`; padding may hold any valid tag.
            lengths: Steps that count in each row, int32 `[batch]`; rows of length 0 add 0.
            scale: Weigh each row by how unlikely its tags still are (`loss.scale_factor`).

        Returns:
            A float32 scalar. Its precision ends where transitions lie more than
            `crf_forward.TRANSITION_RANGE` apart; it is finite for all finite scores.
        """
        likelihood = log_likelihood(
            self._checked(logits), tag_ids, lengths, tf.convert_to_tensor(self.transitions)
        )
        loss = -likelihood
        if scale:
            # Empty rows are certain, but must not make the batch count as partly learnt.
            loss *= scale_factor(tf.where(lengths > 0, likelihood, -float("inf")))
        return tf.reduce_mean(loss)

    def decode(
        self,
        logits: tf.Tensor,
        lengths: tf.Tensor,
        parent_tags: tf.Tensor | DeferredOutput | None = None,
        parent_table: tf.Tensor | None = None,
        rasa_compat: bool = False,
    ) -> Decoded:
        """Best tag sequence of each row and the score of each tag (see `viterbi.viterbi`).

        Scores follow the decoded path at every step; those of Rasa 3.6 do so for the last two only.

        Args:
            logits: float32 `[batch, time, tags]`, time >= 1.
            lengths: Steps that count in each row, int32 `[batch]`.
            parent_tags: Tags of another head that these depend on, int32 `[batch, time]`.
            parent_table: What each of those adds to the logits, float32 `[parent tags, tags]`.
            rasa_compat: Give the scores that Rasa 3.6 gives.

        Returns:
            Tags int32 `[batch, time]` and scores float32 `[batch, time]`, 0 beyond the length;
            within `decodings_deferred()` a placeholder for each.

        Raises:
            TypeError: `parent_tags` is a placeholder outside of `decodings_deferred()`.
            ValueError: Only one of `parent_tags` and `parent_table` is given.
        """
        if (parent_tags is None) != (parent_table is None):
            raise ValueError(f"CRF '{self.name}' needs parent_tags and parent_table, or neither")
        logits = self._checked(logits)
        noted = noted_decodings()
        parent = None
        if noted is not None and isinstance(parent_tags, DeferredOutput):
            parent = parent_tags.decoding
        elif parent_tags is not None:
            logits, parent_table = add_parent(logits, parent_tags, parent_table), None
        transitions = tf.convert_to_tensor(self.transitions)
        if noted is None:
            return viterbi(logits, lengths, transitions, rasa_compat)
        decoding = DeferredDecoding(
            self, logits, lengths, transitions, parent, parent_table, rasa_compat
        )
        noted.append(decoding)
        return DeferredOutput(decoding, "tags"), DeferredOutput(decoding, "scores")

    def _checked(self, logits: tf.Tensor) -> tf.Tensor:
        return tf.ensure_shape(logits, [None, None, self.num_tags])
