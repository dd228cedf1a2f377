"""Quantiles and their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from onnlu.benchmark.estimates import Estimate, median, quantile

SHARES = [0.5, 0.95, 0.99]


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("count", [1, 5, 6, 100, 400, 2000])
def test_the_ends_are_the_innermost_values_that_hold_95_percent(share: float, count: int) -> None:
    found = quantile([float(n) for n in range(1, count + 1)], share)
    # By scipy: how probable it is that fewer than `low`, or at least `high`, values lie below.
    if found.low is None:
        assert binom.cdf(0, count, share) > 0.025
    else:
        assert binom.cdf(found.low - 1, count, share) <= 0.025 < binom.cdf(found.low, count, share)
    if found.high is None:
        assert binom.cdf(count - 1, count, share) < 0.975
    else:
        assert (
            binom.cdf(found.high - 1, count, share)
            >= 0.975
            > binom.cdf(found.high - 2, count, share)
        )


@pytest.mark.parametrize("share", SHARES)
def test_intervals_hold_the_true_quantile_in_95_of_100_samples(share: float) -> None:
    numbers = np.random.default_rng(3)
    truth = -np.log(1 - share)  # of the exponential distribution
    samples = numbers.exponential(size=(400, 600))
    held = sum(quantile(sample.tolist(), share).holds(truth) for sample in samples)
    assert 0.93 <= held / len(samples) <= 1


def test_a_quantile_is_that_of_numpy() -> None:
    values = np.random.default_rng(1).normal(size=333).tolist()
    for share in SHARES:
        expected = np.quantile(values, share, method="inverted_cdf")
        assert quantile(values, share).value == expected


def test_six_values_bound_a_median_and_five_do_not() -> None:
    assert median([3.0, 1.0, 2.0, 6.0, 5.0, 4.0]) == Estimate(3.0, 1.0, 6.0)
    assert median([3.0, 1.0, 2.0, 5.0, 4.0]) == Estimate(3.0)


def test_an_open_end_holds_everything_beyond() -> None:
    assert Estimate(2.0, None, 3.0).holds(-1e9)
    assert not Estimate(2.0, None, 3.0).holds(3.5)
    assert Estimate(2.0, 1.0).holds(1e9)


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.0)])
def test_what_has_no_quantile_is_refused(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        quantile(values, share)
