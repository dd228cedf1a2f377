"""Models that share no layer with DIET."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from onnlu_train.layers.sparse_to_dense import PaddedBags
from onnlu_train.model_data.signature import FeatureSignature
from onnlu_train.models.rasa_model import RasaModel

WIDTH = 30
LENGTHS = {"lengths": [FeatureSignature(False, 1, 1, "int64")]}


def weights_of_rows(feature: tf.SparseTensor | PaddedBags) -> tf.Tensor:
    """Return the weighed sum of the features of each row, [batch, time]."""
    table = tf.linspace(0.5, 1.5, WIDTH)
    if isinstance(feature, tf.SparseTensor):
        weighed = feature.with_values(feature.values * tf.gather(table, feature.indices[:, 2]))
        return tf.sparse.reduce_sum(weighed, axis=-1)
    weights = tf.expand_dims(tf.gather(table, feature.ids), 2)
    sums = tf.reduce_sum(feature.weights * weights, axis=-1)  # [batch, blocks, steps]
    return tf.reshape(sums, [tf.shape(sums)[0], -1])


class Judge(RasaModel):
    """Chooses one of three by a vector a text, vectors a token and how many features are known."""

    def __init__(self) -> None:
        super().__init__(
            random_seed=1,
            name="judge",
            predict_data_signature={
                "extra": {"vector": [FeatureSignature(False, 3, 2)]},
                "text": {
                    **LENGTHS,
                    "rows": [FeatureSignature(False, 4, 3)],
                    "sentence": [FeatureSignature(False, 5, 3)],
                    "sequence": [FeatureSignature(True, WIDTH, 3)],
                },
            },
        )
        self.hidden = keras.layers.Dense(6, activation="relu", name="hidden")
        self.hidden.build((None, None, 4))
        self.choice = keras.layers.Dense(3, name="choice")
        self.choice.build((None, 6 + 3 + 5))

    def batch_predict(self, batch_in: Any) -> dict[str, Any]:
        batch = self.batch_to_model_data_format(batch_in, self.predict_data_signature)
        text = batch["text"]
        rows, lengths, sentence = (text[key][0] for key in ("rows", "lengths", "sentence"))
        in_use = tf.sequence_mask(lengths, tf.shape(rows)[1], dtype=tf.float32)
        hidden = self.hidden(rows) * tf.expand_dims(in_use, -1)
        joined = [tf.reduce_sum(hidden, axis=1), batch["extra"]["vector"][0], sentence[:, 0]]
        scores = tf.nn.softmax(self.choice(tf.concat(joined, axis=-1)))
        known = weights_of_rows(text["sequence"][0])
        return {
            "choice": {"scores": scores, "id": tf.argmax(scores, axis=-1, output_type=tf.int32)},
            "known": {
                "each": known,
                "busy": tf.reduce_sum(tf.cast(known > 2.5, tf.int64), axis=1),
            },
        }


class Linear(RasaModel):
    """One dense layer on a vector a token: the smallest graph there is."""

    def __init__(self) -> None:
        super().__init__(
            random_seed=1,
            name="linear",
            predict_data_signature={"text": {"rows": [FeatureSignature(False, 4, 3)]}},
        )
        self.dense = keras.layers.Dense(2, name="dense")
        self.dense.build((None, None, 4))

    def batch_predict(self, batch_in: Any) -> dict[str, Any]:
        return {"sums": tf.reduce_sum(self.dense(batch_in[0]), axis=1)}


class SparseProduct(RasaModel):
    """Uses an operation that tf2onnx does not know, and only complains about."""

    def __init__(self) -> None:
        super().__init__(
            random_seed=1,
            name="sparse_product",
            predict_data_signature={"text": {"rows": [FeatureSignature(False, 4, 3)]}},
        )
        self.table = self.add_weight(shape=(4, 2), name="table")

    def batch_predict(self, batch_in: Any) -> dict[str, Any]:
        sparse = tf.sparse.from_dense(tf.reduce_sum(batch_in[0], axis=1))
        return {"sums": tf.sparse.sparse_dense_matmul(sparse, tf.convert_to_tensor(self.table))}


class Forgetful(Linear):
    """Takes lengths and does not look at them."""

    def __init__(self) -> None:
        super().__init__()
        self.predict_data_signature = {"text": {**LENGTHS, "rows": [FeatureSignature(False, 4, 3)]}}

    def batch_predict(self, batch_in: Any) -> dict[str, Any]:
        return super().batch_predict(batch_in[1:])


class Vectors(RasaModel):
    """Knows texts by vectors alone, one of them under a name that bags of features have too."""

    def __init__(self) -> None:
        super().__init__(
            random_seed=1,
            name="vectors",
            predict_data_signature={
                "label": {"ids": [FeatureSignature(False, 1, 1, "int32")]},
                "text": {
                    "sentence": [FeatureSignature(False, 3, 2, "float64")],
                    "vector": [FeatureSignature(False, 3, 2), FeatureSignature(False, 2, 2)],
                },
            },
        )

    def batch_predict(self, batch_in: Any) -> dict[str, Any]:
        label, sentence, first, second = batch_in
        total = tf.reduce_sum(first, 1) + tf.reduce_sum(second, 1) * 2.0
        return {"label": label + 1, "total": total + tf.cast(sentence[:, 2], tf.float32)}


class RunsNot(RasaModel):
    """Has a graph that ONNX Runtime loads and cannot run: it reads beyond the end of a table."""

    def __init__(self) -> None:
        super().__init__(
            random_seed=1,
            name="runs_not",
            predict_data_signature={"text": {"sequence": [FeatureSignature(True, WIDTH, 3)]}},
        )

    def batch_predict(self, batch_in: Any) -> dict[str, Any]:
        (feature,) = batch_in[:1]
        if not isinstance(feature, PaddedBags):
            return {"sums": tf.zeros(tf.cast(batch_in[2][:2], tf.int32))}
        is_beyond = tf.cast(tf.not_equal(feature.weights, 0.0), tf.int32)
        ids = tf.expand_dims(feature.ids, 2) + WIDTH * is_beyond
        sums = tf.reduce_sum(
            feature.weights * tf.gather(tf.linspace(0.5, 1.5, WIDTH), ids), axis=-1
        )
        return {"sums": tf.reshape(sums, [tf.shape(sums)[0], -1])}


class ScatteredSum(RasaModel):
    """Adds the vectors of a text by their index, which tf2onnx converts wrongly without a word."""

    def __init__(self) -> None:
        super().__init__(
            random_seed=1,
            name="scattered",
            predict_data_signature={"text": {"rows": [FeatureSignature(False, 4, 3)]}},
        )

    def batch_predict(self, batch_in: Any) -> dict[str, Any]:
        batch = self.batch_to_model_data_format(batch_in, self.predict_data_signature)
        (rows,) = batch["text"]["rows"]
        shape = tf.shape(rows, out_type=tf.int64)
        texts = tf.repeat(tf.range(shape[0]), shape[1])
        vectors = tf.reshape(rows, [-1, 4])
        sums = tf.scatter_nd(tf.expand_dims(texts, 1), vectors, tf.stack([shape[0], 4]))
        return {"sums": sums * 2.0}
