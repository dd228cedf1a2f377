"""Initial weights are decided by the model's seed alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import numpy.typing as npt

from onnlu_train.layers.initial_weights import initial_weights_of

Weights = npt.NDArray[np.float32]


def weights(between: Callable[[], object] = lambda: None) -> Weights:
    """Return the weights of two layers, of which the second is made a little later."""
    first = keras.layers.Dense(3)
    between()
    second = keras.layers.Dense(3)
    for layer in (first, second):
        layer.build((None, 2))
    return np.stack([layer.kernel.numpy() for layer in (first, second)])


def weights_of(seed: int, between: Callable[[], object] = lambda: None) -> Weights:
    with initial_weights_of(seed):
        return weights(between)


def test_they_are_those_of_the_seed_of_the_whole_process() -> None:
    keras.utils.set_random_seed(7)
    np.testing.assert_array_equal(weights_of(7), weights())
    assert (weights_of(8) != weights_of(7)).all()


def test_they_do_not_depend_on_who_else_draws_or_builds() -> None:
    def others() -> None:
        random.random()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(weights_of, 8).result()
            pool.submit(weights).result()

    np.testing.assert_array_equal(weights_of(7, others), weights_of(7))


def test_layers_of_no_model_take_theirs_from_the_process() -> None:
    keras.utils.set_random_seed(7)
    one = weights()
    weights_of(8)
    assert (weights() != one).all()
    keras.utils.set_random_seed(7)
    np.testing.assert_array_equal(weights(), one)
