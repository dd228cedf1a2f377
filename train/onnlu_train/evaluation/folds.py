"""Figures of several folds: their mean and standard deviation."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

_SETTINGS: Final = ("threshold", "ambiguity_threshold")


class FoldRow(NamedTuple):
    """One figure of all folds.

    Attributes:
        name: such as "intents: accuracy".
        mean: over the folds that have it.
        deviation: the standard deviation of a sample; 0 with one fold.
        values: one for each fold; None where a fold lacks it.
    """

    name: str
    mean: float
    deviation: float
    values: tuple[float | None, ...]


def fold_table(folds: Sequence[Mapping[str, Any]]) -> list[FoldRow]:
    """Return mean and standard deviation of each figure.

    Args:
        folds: the key figures of each fold, as `Evaluation.figures` returns them.

    >>> fold_table([{"intents": {"accuracy": 0.5}}, {"intents": {"accuracy": 1.0}}])[0][:3]
    ('intents: accuracy', 0.75, 0.3535533905932738)
    """
    flat = [dict(_flat(figures)) for figures in folds]
    names = dict.fromkeys(name for figures in flat for name in figures)
    return [_row(name, [figures.get(name) for figures in flat]) for name in names]


def _row(name: str, values: Sequence[float | None]) -> FoldRow:
    present = [value for value in values if value is not None]
    deviation = statistics.stdev(present) if len(present) > 1 else 0.0
    return FoldRow(name, statistics.fmean(present), deviation, tuple(values))


def _flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        path = f"{prefix}: {name}" if prefix else name
        if isinstance(value, Mapping):
            yield from _flat(value, path)
        elif isinstance(value, float) and name not in _SETTINGS:
            yield path, value
