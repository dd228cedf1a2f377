"""Relative attention (Shaw et al. 2018): how far apart two tokens are counts in their attention."""

from __future__ import annotations

import keras
import tensorflow as tf


class RelativeEmbeddings(keras.layers.Layer):
    """A learned vector for each distance, for each head of an attention, as in Rasa 3.6.

    Args:
        heads: attention heads.
        depth: units of one head.
        max_relative_position: distances beyond it count as it.
        unidirectional: there are no vectors for tokens further on.
        name: name of the layer, unique in its model.
    """

    def __init__(
        self,
        heads: int,
        depth: int,
        max_relative_position: int,
        unidirectional: bool,
        *,
        name: str,
    ) -> None:
        super().__init__(name=name)
        self._embeddings = self.add_weight(
            shape=(heads, number_of_distances(max_relative_position, unidirectional), depth),
            initializer="glorot_uniform",
            name="embeddings",
        )
        self.built = True

    def scores(
        self, x: tf.Tensor, query_kernel: tf.Tensor, distances: tf.Tensor, texts: tf.Tensor
    ) -> tf.Tensor:
        """Return what each distance adds to the attention's logits.

        Args:
            x: what queries are made of, float32 [batch x time, units].
            query_kernel: what makes them, float32 [units, heads x depth].
            distances: one-hot, float32 [time, distances, time], see `one_hot_distances`.
            texts: batch and time, int64 [2].

        Returns:
            float32 [batch, heads, time, time].
        """
        embeddings = tf.convert_to_tensor(self._embeddings)
        heads, number, depth = embeddings.shape
        # Queries times embeddings, but kernels first: on export that product folds.
        by_head = tf.reshape(query_kernel, [-1, heads, depth])
        kernel = tf.reshape(tf.einsum("uhd,hnd->uhn", by_head, embeddings), [-1, heads * number])
        shape = tf.concat([texts, [heads, number]], axis=0)
        by_distance = tf.reshape(tf.matmul(x, kernel), shape)
        return tf.transpose(tf.matmul(by_distance, distances), [0, 2, 1, 3])

    def attended(self, weights: tf.Tensor, distances: tf.Tensor) -> tf.Tensor:
        """Return the vectors of the distances, by how much is attended at each.

        Args:
            weights: attention weights, float32 [batch, heads, time, time].
            distances: one-hot, float32 [time, distances, time], see `one_hot_distances`.

        Returns:
            float32 [batch, heads, time, depth].
        """
        by_distance = tf.matmul(tf.expand_dims(weights, 3), distances, transpose_b=True)
        return tf.matmul(tf.squeeze(by_distance, 3), tf.convert_to_tensor(self._embeddings))


def number_of_distances(max_relative_position: int, unidirectional: bool) -> int:
    """Return how many distances are told apart: -m to m, or -m to 0."""
    return max_relative_position + 1 + (0 if unidirectional else max_relative_position)


def one_hot_distances(
    time: tf.Tensor, max_relative_position: int, unidirectional: bool
) -> tf.Tensor:
    """Return which distance lies between each two tokens.

    A product with it picks and sums; a gather by distance would take several operations in ONNX.

    Args:
        time: number of tokens, an int64 scalar.
        max_relative_position: distances beyond it count as it.
        unidirectional: tokens further on, which no token sees, count as the token itself.

    Returns:
        float32 [time, distances, time]; 1 where the third axis' token is that far from the first's.
    """
    last = number_of_distances(max_relative_position, unidirectional) - 1
    distance = tf.clip_by_value(offsets(time) + max_relative_position, 0, last)
    number = tf.reshape(tf.range(last + 1, dtype=tf.int64), [1, -1, 1])
    return tf.cast(tf.equal(tf.expand_dims(distance, 1), number), tf.float32)


def offsets(time: tf.Tensor) -> tf.Tensor:
    """Return by how much each token (second axis) is further on than each (first): [time, time]."""
    number = tf.range(time)
    return tf.expand_dims(number, 0) - tf.expand_dims(number, 1)
