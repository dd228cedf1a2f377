"""Random numbers that depend on a seed and a step, and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.dense import dropout
from onnlu_train.layers.random_numbers import random_numbers_of_step, uniform


def draws(seed: int, step: int, number: int = 2) -> list[list[float]]:
    with random_numbers_of_step(seed, step):
        return [uniform([8]).numpy().tolist() for _ in range(number)]


def test_a_step_draws_the_same_numbers_whenever_it_runs():
    first = draws(7, 3)
    draws(1, 1)
    tf.random.uniform([5])
    assert draws(7, 3) == first


def test_seeds_steps_and_draws_have_numbers_of_their_own():
    drawn = [*draws(7, 3), *draws(7, 4), *draws(8, 3), *draws(2**32 - 1, 3)]
    assert len({tuple(numbers) for numbers in drawn}) == len(drawn)


def test_a_traced_step_draws_by_the_value_of_its_counter():
    counter = tf.Variable(0, dtype=tf.int64)

    @tf.function
    def step() -> tf.Tensor:
        with random_numbers_of_step(7, counter):
            return uniform([8])

    found = []
    for number in (3, 4, 3):
        counter.assign(number)
        found.append(step().numpy().tolist())
    assert found[0] == found[2] == draws(7, 3)[0]
    assert found[1] == draws(7, 4)[0]


def test_numbers_are_spread_evenly():
    with random_numbers_of_step(1, 1):
        numbers = uniform([100_000]).numpy()
        whole = uniform([100_000], maxval=4, dtype=tf.int32).numpy()
    assert (numbers.min(), numbers.max()) == pytest.approx((0, 1), abs=1e-3)
    assert numbers.mean() == pytest.approx(0.5, abs=5e-3)
    np.testing.assert_allclose(np.bincount(whole) / 100_000, [0.25] * 4, atol=0.01)


@pytest.mark.parametrize("rate", [0.2, 0.7])
def test_dropout_drops_its_rate_and_keeps_the_mean(rate: float):
    with random_numbers_of_step(1, 1):
        kept = dropout(tf.ones([100_000]), rate, training=True).numpy()
    assert np.mean(kept == 0) == pytest.approx(rate, abs=0.01)
    assert kept.mean() == pytest.approx(1, abs=0.02)


def test_outside_of_a_step_numbers_go_on():
    assert uniform([8]).numpy().tolist() != uniform([8]).numpy().tolist()
