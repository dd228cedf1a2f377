"""Figures with the interval that they are known to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """A measured figure.

    Attributes:
        value: the figure.
        low: where the interval begins that holds the true figure in 95 of 100 such measurements;
            None where there were too few values to tell.
        high: where it ends.
    """

    value: float
    low: float | None = None
    high: float | None = None

    def holds(self, value: float) -> bool:
        """Return whether a value lies in the interval; an open end holds everything."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


Figures = Mapping[str, Estimate]


def quantile(values: Sequence[float], share: float) -> Estimate:
    """Return a quantile with its interval by order statistics.

    The interval needs no assumption on how the values are spread; it takes them to be independent,
    which calls that follow each other are only nearly.

    Args:
        values: in any order, at least one.
        share: above 0, below 1.

    Raises:
        ValueError: there are no values, or no such share.

    >>> quantile([5.0, 1.0, 4.0, 2.0, 3.0, 6.0], 0.5)
    Estimate(value=3.0, low=1.0, high=6.0)
    """
    if not values or not 0 < share < 1:
        raise ValueError(f"no quantile {share} of {len(values)} values")
    ordered = sorted(values)
    count = len(ordered)
    # How many values are below the true quantile is binomial: cut what is improbable at both ends.
    below = _cumulative_binomial(count, share)
    tail = (1 - CONFIDENCE) / 2
    lowest = sum(probability <= tail for probability in below)
    highest = sum(probability < 1 - tail for probability in below)
    return Estimate(
        ordered[math.ceil(share * count) - 1],
        ordered[lowest - 1] if lowest else None,
        ordered[highest] if highest < count else None,
    )


def median(values: Sequence[float]) -> Estimate:
    """Return the median with its interval; that needs at least six values."""
    return quantile(values, 0.5)


def counted(count: int, noun: str) -> str:
    """Return a part of a figure's name.

    >>> counted(1, "caller"), counted(8, "caller"), counted(2, "process")
    ('1_caller', '8_callers', '2_processes')
    """
    plural = "es" if noun.endswith("s") else "s"
    return f"{count}_{noun}{'' if count == 1 else plural}"


def _cumulative_binomial(count: int, share: float) -> list[float]:
    """Return the probability of at most k of `count`, for each k from 0 to `count`."""
    cumulative, total = [], 0.0
    for k in range(count + 1):
        logarithm = (
            math.lgamma(count + 1)
            - math.lgamma(k + 1)
            - math.lgamma(count - k + 1)
            + k * math.log(share)
            + (count - k) * math.log1p(-share)
        )
        total += math.exp(logarithm)
        cumulative.append(total)
    return cumulative
