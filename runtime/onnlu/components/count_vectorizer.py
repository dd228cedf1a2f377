"""Counts the known terms of tokens and of whole texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from onnlu.components.ngrams import Analyzer
from onnlu.components.token_cache import TokenCache
from onnlu.sparse import SparseMatrix

_BEFORE_ALL: Final = np.int32(-1).tobytes()
_AFTER_ALL: Final = np.int32(np.iinfo(np.int32).max).tobytes()


class TokenCounts(NamedTuple):
    """The known terms of one token, as the bytes of arrays: they are joined often.

    Attributes:
        occurrences: int32, the column of each known term, as often as it occurs.
        columns: int32, each of them once, ascending.
        values: float32, how often each occurs.
    """

    occurrences: bytes
    columns: bytes
    values: bytes


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
        self._counts = TokenCache(self._token_counts)

    def counts(self, tokens: Sequence[str]) -> list[TokenCounts]:
        """Return the counts of each token alone: what `sequence` and `sentence` are made of."""
        return [self._counts[token] for token in tokens]

    def sequence(self, counts: Sequence[TokenCounts]) -> SparseMatrix:
        """Return the counts of each token alone.

        Args:
            counts: of at least one token.

        Returns:
            [tokens, vocabulary]
        """
        _, columns, values = zip(*counts, strict=True)
        return SparseMatrix.from_packed_rows(columns, len(self.vocabulary), values)

    def sentence(self, tokens: Sequence[str], counts: Sequence[TokenCounts]) -> SparseMatrix:
        """Return the counts of the text: of the tokens joined by blanks.

        Args:
            tokens: at least one.
            counts: what `counts` returned for them.

        Returns:
            [1, vocabulary]
        """
        if self._analyzer.is_additive:
            occurrences = [token.occurrences for token in counts]
        else:
            occurrences = [self._occurrences(" ".join(map(self._prepare, tokens)))]
        columns, values = _counted(occurrences)
        rows = np.zeros(len(columns), dtype=np.int32)
        return SparseMatrix(rows, columns, values, (1, len(self.vocabulary)))

    def _token_counts(self, token: str) -> TokenCounts:
        occurrences = self._occurrences(self._prepare(token))
        columns, values = _counted([occurrences])
        return TokenCounts(occurrences, columns.tobytes(), values.tobytes())

    def _occurrences(self, text: str) -> bytes:
        columns = map(self._columns.get, self._analyzer.terms(text))
        return np.array([c for c in columns if c is not None], dtype=np.int32).tobytes()


def _counted(
    occurrences: Sequence[bytes],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return the columns that occur, ascending, and how often each does."""
    ordered = np.frombuffer(bytearray().join([_BEFORE_ALL, *occurrences, _AFTER_ALL]), np.int32)
    ordered.sort()
    last_of_each = (ordered[1:] != ordered[:-1]).nonzero()[0]
    last_of_columns = last_of_each[1:]
    counts = (last_of_columns - last_of_each[:-1]).astype(np.float32)
    return ordered[last_of_columns], counts
