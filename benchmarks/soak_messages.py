"""Random messages without end: the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

REMEMBERED = 1_000
LONGEST_WORD = 2_000
MOST_WORDS = 120

# (first, last) code points: scripts with and without blanks, marks, emoji, private and unassigned.
_RANGES = (
    *((0x20, 0x7E), (0xA1, 0x17F), (0x300, 0x36F), (0x400, 0x4FF), (0x590, 0x5FF), (0x600, 0x6FF)),
    *((0x900, 0x97F), (0xE00, 0xE7F), (0x2000, 0x206F), (0x3040, 0x30FF), (0x4E00, 0x9FFF)),
    *((0xD800, 0xDFFF), (0xE000, 0xE0FF), (0x1F300, 0x1FAFF), (0x10FF00, 0x10FFFF)),
)


def batches(seed: int, words: list[str], largest: int = 32) -> Iterator[list[str]]:
    """Yield batches of random messages for ever.

    Nearly half are what users say, words that the model may know; the others are any Unicode,
    some with a single word of thousands of characters. One in ten repeats an earlier message.

    Args:
        seed: of the random numbers.
        words: those that the model may know.
        largest: most messages of a batch; half of the batches are one message.
    """
    rng = random.Random(seed)
    remembered: list[str] = []
    while True:
        size = 1 if rng.random() < 0.5 else rng.randint(2, largest)
        batch = [_message(rng, words, remembered) for _ in range(size)]
        for message in batch:
            if len(remembered) < REMEMBERED:
                remembered.append(message)
            else:
                remembered[rng.randrange(REMEMBERED)] = message
        yield batch


def _message(rng: random.Random, words: list[str], remembered: list[str]) -> str:
    kind = rng.random()
    if kind < 0.1 and remembered:
        return rng.choice(remembered)
    if kind < 0.5:
        return " ".join(rng.choices(words, k=rng.randint(1, 25)))
    if kind < 0.51:
        return _word(rng, rng.randint(100, LONGEST_WORD))
    return " ".join(_word(rng, rng.randint(1, 12)) for _ in range(rng.randint(0, MOST_WORDS)))


def _word(rng: random.Random, length: int) -> str:
    first, last = rng.choice(_RANGES)
    return "".join(chr(rng.randint(first, last)) for _ in range(length))
