"""A model small enough to compute by hand, and texts for it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from onnlu_train.model_data.feature_array import RaggedArray
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.signature import FeatureSignature
from onnlu_train.models.rasa_model import RasaModel

WIDTH = 3
SIGNATURE = {"text": {"rows": [FeatureSignature(False, WIDTH, 3)]}}


class Scaled(RasaModel):
    """Sums the rows of a text, each unit times a weight; the loss is the mean of all sums."""

    def __init__(self, start: list[float], decay: float = 0.0, seed: int | None = 0) -> None:
        super().__init__(random_seed=seed, predict_data_signature=SIGNATURE, name="scaled")
        self.scale = self.add_weight(
            shape=(WIDTH,),
            initializer=lambda shape, dtype: tf.constant(start, dtype),
            regularizer=keras.regularizers.L2(decay) if decay else None,
            name="scale",
        )
        self.prepared = 0
        self.traced = 0

    def batch_loss(self, batch_in: Any, training: bool = False) -> tf.Tensor:
        (rows,) = batch_in
        if training:
            rows = tf.cast(rows, tf.float32)
        return tf.reduce_mean(tf.reduce_sum(rows * self.scale, axis=[1, 2]))

    def prepare_for_predict(self) -> None:
        self.prepared += 1

    def batch_predict(self, batch_in: Any) -> dict[str, Any]:
        self.traced += 1
        (rows,) = batch_in
        scaled = rows * self.scale
        return {
            "total": tf.reduce_sum(scaled, axis=[1, 2]),
            "each": {"rows": scaled, "positive": tf.cast(scaled > 0, tf.int32)},
        }


def texts(*counts: int) -> RasaModelData:
    """Make texts of so many random rows each."""
    rng = np.random.default_rng(len(counts))
    matrices = [rng.standard_normal((count, WIDTH)).astype(np.float32) for count in counts]
    return RasaModelData(data={"text": {"rows": [RaggedArray.from_matrices(matrices)]}})


def compiled(start: list[float], decay: float = 0.0) -> Scaled:
    """Make a model that plain gradient descent trains, by a tenth of the gradient."""
    model = Scaled(start, decay)
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    model.optimizer.build(model.trainable_variables)
    return model
