"""Texts of a given number of tokens."""

from __future__ import annotations

import random
from collections.abc import Sequence

SEED = 1


def texts_of(texts: Sequence[str], tokens: int, count: int) -> list[str]:
    """Return different texts of so many tokens: as they are, or put together where they lack.

    Args:
        texts: to choose from.
        tokens: of each text returned.
        count: how many to return.
    """
    real = [t for t in texts if len(t.split()) == tokens and all(map(str.isalnum, t.split()))]
    return [*real[:count], *put_together(texts, tokens, max(0, count - len(real)))]


def put_together(texts: Sequence[str], tokens: int, count: int) -> list[str]:
    """Return texts of so many words of others, drawn as often as they occur.

    Args:
        texts: where the words come from.
        tokens: of each text returned.
        count: how many to return.
    """
    words = _words(texts)
    draw = random.Random(f"{SEED} {tokens}")  # not of the lengths that come before
    return [" ".join(draw.choices(words, k=tokens)) for _ in range(count)]


def blob(texts: Sequence[str], characters: int) -> str:
    """Return one token of so many characters, of the words of texts."""
    letters = "".join(_words(texts))
    return (letters * (characters // len(letters) + 1))[:characters]


def _words(texts: Sequence[str]) -> list[str]:
    """Return the words that any tokenizer leaves whole."""
    words = [word for text in texts for word in text.split() if word.isalnum()]
    if not words:
        raise ValueError("the texts have no word of letters and digits alone")
    return words
