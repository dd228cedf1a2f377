"""How much of a text is parsed, unless the caller says otherwise."""

from __future__ import annotations

MAX_CHARACTERS = 10_000
MAX_TOKENS = 512
