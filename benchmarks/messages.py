"""Messages to compare models on: test sets, and the same with one word changed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence


def messages(texts: Sequence[str], number: int, seed: int) -> list[str]:
    """Return distinct texts: those given, and edits of them until there are enough.

    Args:
        texts: at least one.
        number: how many to return.
        seed: decides on the edits.
    """
    found = dict.fromkeys(texts)
    for edited in _edits(texts, random.Random(seed)):
        if len(found) >= number:
            break
        found[edited] = None
    return list(found)[:number]


def _edits(texts: Sequence[str], rng: random.Random) -> Iterator[str]:
    vocabulary = sorted({word for text in texts for word in text.split()})
    while True:
        words = rng.choice(texts).split()
        place = rng.randrange(len(words)) if words else 0
        word = rng.choice(vocabulary)
        ways = [
            [*words[:place], *words[place + 1 :]],  # left out
            [*words[:place], word, *words[place + 1 :]],  # another in its place
            [*words[:place], word, *words[place:]],  # one more
            [*words[:place], _misspelt(word, rng), *words[place + 1 :]],
        ]
        yield " ".join(rng.choice(ways))


def _misspelt(word: str, rng: random.Random) -> str:
    letters = list(word)
    rng.shuffle(letters)
    return "".join(letters)
