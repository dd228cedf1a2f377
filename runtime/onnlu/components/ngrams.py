"""Texts into terms: n-grams of words or of characters, as scikit-learn's CountVectorizer."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

_WORD: Final = re.compile(r"\b\w+\b")
_BLANKS: Final = re.compile(r"\s\s+")


@dataclass(frozen=True, slots=True)
class Analyzer:
    """How a text becomes terms.

    Attributes:
        kind: `word`, or `char`, or `char_wb`: n-grams of characters within blanks-padded words.
        min_ngram: words or characters of the shortest terms.
        max_ngram: words or characters of the longest terms.
        strip_accents: `ascii` keeps ASCII only, `unicode` drops combining marks.
        stop_words: words that are no terms; of the kind `word` only.
    """

    kind: Literal["word", "char", "char_wb"] = "word"
    min_ngram: int = 1
    max_ngram: int = 1
    strip_accents: Literal["ascii", "unicode"] | None = None
    stop_words: frozenset[str] = frozenset()

    @property
    def is_additive(self) -> bool:
        """True where the terms of tokens joined by blanks are the terms of each, together."""
        return self.kind == "char_wb" or (self.kind == "word" and self.max_ngram == 1)

    def terms(self, text: str) -> list[str]:
        """Return the terms of a text, repeated as often as they occur.

        >>> Analyzer("char_wb", 1, 3).terms("ab")
        [' ', 'a', 'b', ' ', ' a', 'ab', 'b ', ' ab', 'ab ']
        """
        text = self.without_accents(text)
        if self.kind == "word":
            words = [word for word in _WORD.findall(text) if word not in self.stop_words]
            return _word_ngrams(words, self.min_ngram, self.max_ngram)
        if self.kind == "char":
            return _char_ngrams(_BLANKS.sub(" ", text), self.min_ngram, self.max_ngram)
        terms: list[str] = []
        for word in text.split():
            padded = f" {word} "
            # A word shorter than all n-grams counts once, as it is.
            terms += _char_ngrams(padded, self.min_ngram, self.max_ngram) or [padded]
        return terms

    def without_accents(self, text: str) -> str:
        """Return the text with accents stripped, if they are to be."""
        if self.strip_accents is None or text.isascii():
            return text
        decomposed = unicodedata.normalize("NFKD", text)
        if self.strip_accents == "ascii":
            return decomposed.encode("ascii", errors="ignore").decode("ascii")
        return "".join(c for c in decomposed if not unicodedata.combining(c))


def _word_ngrams(words: list[str], shortest: int, longest: int) -> list[str]:
    if longest == 1:
        return words
    return [
        " ".join(words[start : start + length])
        for length in range(shortest, min(longest, len(words)) + 1)
        for start in range(len(words) - length + 1)
    ]


def _char_ngrams(text: str, shortest: int, longest: int) -> list[str]:
    return [
        text[start : start + length]
        for length in range(shortest, min(longest, len(text)) + 1)
        for start in range(len(text) - length + 1)
    ]
