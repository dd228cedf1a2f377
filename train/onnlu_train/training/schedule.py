"""The learning rate in the course of a training."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

SCHEDULES: Final[dict[str, Callable[[float], float]]] = {
    "constant": lambda position: 1.0,
    "linear": lambda position: 1.0 - position,
    "cosine": lambda position: 0.5 * (1.0 + math.cos(math.pi * position)),
}
"""Name to the share of the learning rate, by the position behind the warm-up, from 0 to 1."""


def learning_rate_at(position: float, peak: float, schedule: str, warmup: float) -> float:
    """Return the learning rate at one position of a training.

    Args:
        position: from 0 for the beginning to 1 for the end. Steps will not do: their number is not
            known beforehand, as batches are balanced anew in every epoch.
        peak: the learning rate behind the warm-up.
        schedule: one of `SCHEDULES`.
        warmup: the share of the training in which the learning rate rises from 0.

    >>> [learning_rate_at(position, 1.0, "linear", 0.5) for position in (0.25, 0.5, 0.75)]
    [0.5, 1.0, 0.5]
    """
    if position < warmup:
        return peak * position / warmup
    rest = 1.0 - warmup
    return peak * SCHEDULES[schedule]((position - warmup) / rest if rest else 1.0)
