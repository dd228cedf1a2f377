"""Remembers what was made of tokens: most texts are made of few distinct ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

MAX_CACHED_TOKENS: Final = 10_000
MAX_CACHED_LENGTH: Final = 40

Made = TypeVar("Made")


class TokenCache(dict[str, Made]):
    """Text of a token -> what is made of it, made where it is missing.

    It keeps at most `MAX_CACHED_TOKENS` tokens of at most `MAX_CACHED_LENGTH` characters. Any
    number of threads may use one.

    Args:
        make: of the text of a token, and of nothing else.
    """

    def __init__(self, make: Callable[[str], Made]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, token: str) -> Made:
        """Make what is missing."""
        made = self._make(token)
        if len(self) < MAX_CACHED_TOKENS and len(token) <= MAX_CACHED_LENGTH:
            self[token] = made
        return made
