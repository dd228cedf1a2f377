"""Which terms of the training texts become columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

_Entry = TypeVar("_Entry")


@dataclass(frozen=True, slots=True)
class Limits:
    """Which terms to keep; as scikit-learn's CountVectorizer.

    Attributes:
        min_df: fewest documents a term occurs in: a number (int), or a share of all (float).
        max_df: most documents a term occurs in: a number (int), or a share of all (float).
        max_features: how many of the most frequent terms to keep; None for all. Of equally
            frequent ones, the first by code points.
    """

    min_df: int | float = 1
    max_df: int | float = 1.0
    max_features: int | None = None


NO_LIMITS: Final = Limits()


def learn_vocabulary(documents: Iterable[Sequence[str]], limits: Limits = NO_LIMITS) -> list[str]:
    """Return the terms to keep, sorted by code points: the place of each is its column.

    Args:
        documents: the terms of each document, repeated as often as they occur.
        limits: which of them to keep.
    """
    occurrences: Counter[str] = Counter()
    document_counts: Counter[str] = Counter()
    size = 0
    for terms in documents:
        size += 1
        occurrences.update(terms)
        document_counts.update(set(terms))
    fewest, most = _number(limits.min_df, size), _number(limits.max_df, size)
    kept = sorted(term for term, count in document_counts.items() if fewest <= count <= most)
    if limits.max_features is not None and len(kept) > limits.max_features:
        kept.sort(key=lambda term: -occurrences[term])
        kept = sorted(kept[: limits.max_features])
    return kept


def _number(limit: int | float, size: int) -> int | float:
    return limit if isinstance(limit, int) else limit * size


def grown(known: Sequence[_Entry], learnt: Iterable[_Entry]) -> list[_Entry]:
    """Return what is known, each in its place, and after it what is new, in the order learnt."""
    return list(dict.fromkeys([*known, *learnt]))
