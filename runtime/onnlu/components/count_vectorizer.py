"""Counts the known terms of tokens and of whole texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from onnlu.components.ngrams import Analyzer
from onnlu.sparse import SparseMatrix

# A token's counts depend on nothing but its text, and most texts are made of few distinct tokens.
_MAX_CACHED_TOKENS: Final = 10_000
_MAX_CACHED_LENGTH: Final = 40

_Counts = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32], int]


class CountVectorizer:
    """Turns tokens into sparse rows of counts. Any number of threads may use one.

    Args:
        analyzer: how a text becomes terms.
        vocabulary: the known terms; the place of each is its column.
        prepare: what is done to the text of a token first.
    """

    def __init__(
        self, analyzer: Analyzer, vocabulary: Sequence[str], prepare: Callable[[str], str]
    ) -> None:
        self.vocabulary = vocabulary
        self._analyzer = analyzer
        self._prepare = prepare
        self._columns = {term: column for column, term in enumerate(vocabulary)}
        self._cache: dict[str, _Counts] = {}

    def sequence(self, tokens: Sequence[str]) -> SparseMatrix:
        """Return the counts of each token alone.

        Args:
            tokens: at least one.

        Returns:
            [tokens, vocabulary]
        """
        rows = [self._token_counts(token) for token in tokens]
        return SparseMatrix(
            np.arange(len(rows), dtype=np.int32).repeat([size for _, _, size in rows]),
            np.concatenate([columns for columns, _, _ in rows]),
            np.concatenate([values for _, values, _ in rows]),
            (len(rows), len(self.vocabulary)),
        )

    def sentence(self, tokens: Sequence[str], sequence: SparseMatrix) -> SparseMatrix:
        """Return the counts of the text: of the tokens joined by blanks.

        Args:
            tokens: at least one.
            sequence: what `sequence` returned for them.

        Returns:
            [1, vocabulary]
        """
        if self._analyzer.is_additive:
            columns, values = _summed(sequence.columns, sequence.values)
        else:
            columns, values, _ = self._counts(" ".join(map(self._prepare, tokens)))
        rows = np.zeros(len(columns), dtype=np.int32)
        return SparseMatrix(rows, columns, values, (1, len(self.vocabulary)))

    def _token_counts(self, token: str) -> _Counts:
        counts = self._cache.get(token)
        if counts is None:
            counts = self._counts(self._prepare(token))
            if len(self._cache) < _MAX_CACHED_TOKENS and len(token) <= _MAX_CACHED_LENGTH:
                self._cache[token] = counts
        return counts

    def _counts(self, text: str) -> _Counts:
        counts: dict[int, int] = {}
        for term in self._analyzer.terms(text):
            column = self._columns.get(term)
            if column is not None:
                counts[column] = counts.get(column, 0) + 1
        columns = sorted(counts)
        values = [counts[column] for column in columns]
        return np.array(columns, np.int32), np.array(values, np.float32), len(columns)


def _summed(
    columns: npt.NDArray[np.int32], values: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Add up the values of equal columns; the columns that come back ascend."""
    if len(columns) == 0:
        return columns, values
    order = columns.argsort()
    columns = columns[order]
    is_first = np.empty(len(columns), dtype=np.bool_)
    is_first[0] = True
    np.not_equal(columns[1:], columns[:-1], out=is_first[1:])
    firsts = is_first.nonzero()[0]
    return columns[firsts], np.add.reduceat(values[order], firsts)
