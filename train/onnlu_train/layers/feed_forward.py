"""Hidden layers between features and what reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from onnlu_train.layers.dense import RandomlyConnectedDense, dropout, gelu


class FeedForwardConfig(NamedTuple):
    """What hidden layers have in common.

    Attributes:
        density: share of the connections that exist.
        drop_rate: dropout after each layer.
        regularization_constant: L2 of the kernels.
    """

    density: float = 1.0
    drop_rate: float = 0.0
    regularization_constant: float = 0.0


class FeedForward(keras.layers.Layer):
    """Randomly connected layers, each with GELU and dropout; Rasa 3.6 calls it `Ffnn`.

    Args:
        input_units: width of the input.
        sizes: width of each layer; empty for none, which changes nothing.
        config: what the layers have in common.
        name: name of the layer, unique in its model.
    """

    def __init__(
        self, input_units: int, sizes: Sequence[int], config: FeedForwardConfig, *, name: str
    ) -> None:
        super().__init__(name=name)
        self._drop_rate = config.drop_rate
        widths = [input_units, *sizes]
        self._dense_layers = [
            RandomlyConnectedDense(
                widths[number],
                size,
                name=f"{name}.{number}",
                density=config.density,
                regularization_constant=config.regularization_constant,
            )
            for number, size in enumerate(sizes)
        ]
        self.units = widths[-1]
        self.built = True

    def call(self, rows: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Map [rows, input units] to [rows, units]."""
        for layer in self._dense_layers:
            rows = dropout(gelu(layer(rows)), self._drop_rate, training)
        return rows
