import numpy as np
import pytest

from onnlu.tolerance import Tolerance


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("ours_is_odd", [True, False])
def test_numbers_that_are_not_finite_exceed_any_tolerance(odd: float, ours_is_odd: bool) -> None:
    pair = np.array([1.0, odd]), np.array([1.0, 2.0])

    ours, reference = pair if ours_is_odd else pair[::-1]

    assert Tolerance().excess(ours, reference) > 0


def test_within_a_model_the_largest_finite_number_counts() -> None:
    numbers = np.array([[-100.0, 0.5], [np.inf, np.nan]])

    assert Tolerance(1e-5, 1e-4).of_largest(numbers) == Tolerance(pytest.approx(0.01001), 0.0)
    assert Tolerance(1e-5, 1e-4).of_largest(np.zeros((0, 3))) == Tolerance(1e-5, 0.0)
