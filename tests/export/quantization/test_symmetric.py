"""Rounding of weights to int8 (export/onnlu_export/quantization/symmetric.py)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_export.quantization.symmetric import quantized, scales_of


@given(st.integers(0, 2**32 - 1), st.sampled_from([64, 127]), st.sampled_from([0, 1]))
def test_no_weight_is_off_by_more_than_half_a_step(seed: int, largest: int, axis: int):
    rng = np.random.default_rng(seed)
    weights = (rng.standard_normal((7, 5)) * 10.0 ** rng.integers(-6, 7)).astype(np.float32)
    scales = scales_of(weights, axis, largest)
    integers = quantized(weights, scales, axis, largest)
    assert integers.dtype == np.int8
    steps = np.expand_dims(scales, axis)
    assert np.all(np.abs(integers * steps - weights) <= steps * 0.5001)
    assert np.abs(integers).max() == largest


@pytest.mark.parametrize("axis", [0, 1])
def test_zeros_stay_zeros(axis: int):
    weights = np.zeros((3, 3), np.float32)
    assert not quantized(weights, scales_of(weights, axis, 64), axis, 64).any()
