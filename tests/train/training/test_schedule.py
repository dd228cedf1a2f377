"""The learning rate in the course of a training."""

from __future__ import annotations

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_train.training.schedule import SCHEDULES, learning_rate_at


@given(st.floats(0, 1), st.sampled_from(sorted(SCHEDULES)), st.floats(0, 1), st.floats(1e-6, 1))
def test_it_stays_between_zero_and_its_peak(
    position: float, schedule: str, warmup: float, peak: float
):
    assert -1e-12 <= learning_rate_at(position, peak, schedule, warmup) <= peak * (1 + 1e-12)


@pytest.mark.parametrize("schedule", sorted(SCHEDULES))
def test_it_rises_to_its_peak_first(schedule: str):
    rates = [learning_rate_at(position, 2.0, schedule, 0.4) for position in (0, 0.1, 0.2, 0.4)]
    assert rates == pytest.approx([0, 0.5, 1, 2])


def test_a_constant_one_stays():
    assert {learning_rate_at(p / 10, 0.3, "constant", 0.0) for p in range(11)} == {0.3}


def test_a_linear_one_falls_evenly_to_zero():
    rates = [learning_rate_at(p, 1.0, "linear", 0.2) for p in (0.2, 0.4, 0.6, 0.8, 1.0)]
    assert rates == pytest.approx([1, 0.75, 0.5, 0.25, 0])


def test_a_cosine_is_that_of_keras():
    reference = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=100)
    for step in range(0, 101, 10):
        ours = learning_rate_at(step / 100, 0.1, "cosine", 0.0)
        assert ours == pytest.approx(float(reference(step)), abs=1e-7)
