"""The arithmetic of the benchmark: quantiles, medians, ratios."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

Figures = dict[str, float]

PARSE_QUANTILES = {"parse_p50_ms": 0.50, "parse_p95_ms": 0.95, "parse_p99_ms": 0.99}


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values does not exceed.

    Args:
        values: in any order; at least one.
        share: above 0, at most 1.

    Raises:
        ValueError: there are no values, or no such share.

    >>> quantile([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    if not values or not 0 < share <= 1:
        raise ValueError(f"no quantile {share} of {len(values)} values")
    return sorted(values)[math.ceil(share * len(values)) - 1]


def parse_figures(latencies_s: Sequence[float]) -> Figures:
    """Return the quantiles of latencies, in milliseconds."""
    return {name: 1e3 * quantile(latencies_s, share) for name, share in PARSE_QUANTILES.items()}


def spread_us(seconds: Sequence[float]) -> Figures:
    """Return median and deciles of times, in microseconds.

    >>> spread_us([3e-6, 1e-6, 2e-6])
    {'p10_us': 1.0, 'p50_us': 2.0, 'p90_us': 3.0}
    """
    return {
        f"p{percent}_us": round(1e6 * quantile(seconds, percent / 100), 3)
        for percent in (10, 50, 90)
    }


def epoch_figures(epochs_s: Sequence[float]) -> Figures:
    """Return the first epoch, which also traces the graph, and the median of all others.

    Args:
        epochs_s: seconds of each epoch; one epoch alone says nothing of the others.
    """
    figures = {"first_epoch_s": epochs_s[0]}
    if len(epochs_s) > 1:
        figures["epoch_s"] = statistics.median(epochs_s[1:])
    return figures


def medians(rounds: Iterable[Mapping[str, float]]) -> Figures:
    """Return the median of each figure over the rounds that have it."""
    values: dict[str, list[float]] = {}
    for figures in rounds:
        for name, value in figures.items():
            values.setdefault(name, []).append(value)
    return {name: statistics.median(found) for name, found in values.items()}


def ratios(ours: Mapping[str, float], original: Mapping[str, float]) -> Figures:
    """Return how many times the original's figure is ours, where both are there.

    >>> ratios({"parse_p50_ms": 0.5, "epoch_s": 60.0}, {"parse_p50_ms": 10.0})
    {'parse_p50_ms': 20.0}
    """
    return {name: original[name] / ours[name] for name in ours if name in original}
