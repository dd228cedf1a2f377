"""Texts that are the same but for a few characters, found with an index."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

THRESHOLD: Final = 0.9
"""From which share of common trigrams on two texts are near duplicates."""

_WORD: Final = re.compile(r"\w+")


def normalised(text: str) -> str:
    """Return the words of a text in lower case; the text itself where it has no words.

    >>> normalised("  What's UP?? ")
    'what s up'
    """
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return " ".join(words) or text.strip()


def trigrams(text: str) -> frozenset[str]:
    """Return the character trigrams of a normalised text, its borders among them.

    >>> sorted(trigrams("hi"))
    [' hi', 'hi ']
    """
    padded = f" {text} "
    return frozenset(padded[start : start + 3] for start in range(len(padded) - 2))


class Match(NamedTuple):
    """A text of the index, and its Jaccard similarity: common trigrams by all trigrams."""

    position: int
    similarity: float


class NearDuplicateIndex:
    """Finds all texts that share most of their trigrams with another.

    Two sets can be so similar only if they share one of their rarest trigrams; so each text is
    entered under a few of them, and compared with what stands there (Bayardo et al. 2007).

    Args:
        texts: normalised.
        threshold: the least Jaccard similarity.
    """

    def __init__(self, texts: Sequence[str], threshold: float = THRESHOLD) -> None:
        self._threshold = threshold
        self._sets = [trigrams(text) for text in texts]
        self._frequencies = Counter(gram for grams in self._sets for gram in grams)
        self._entries: dict[str, list[int]] = defaultdict(list)
        for index, grams in enumerate(self._sets):
            for gram in self._rarest(grams):
                self._entries[gram].append(index)

    def matches(self, text: str) -> list[Match]:
        """Return the similar texts, the most similar first; a text of the index finds itself."""
        grams = trigrams(text)
        candidates = {
            index for gram in self._rarest(grams) for index in self._entries.get(gram, ())
        }
        return sorted(self._similar(grams, candidates), key=lambda match: (-match[1], match[0]))

    def _rarest(self, grams: frozenset[str]) -> list[str]:
        # Without all of these, too few are left to reach the threshold.
        needed = len(grams) - math.ceil(self._threshold * len(grams)) + 1
        return sorted(grams, key=lambda gram: (self._frequencies[gram], gram))[:needed]

    def _similar(self, grams: frozenset[str], candidates: set[int]) -> Iterator[Match]:
        least = self._threshold * len(grams)
        most = len(grams) / self._threshold
        for index in candidates:
            other = self._sets[index]
            if least <= len(other) <= most:
                common = len(grams & other)
                similarity = common / (len(grams) + len(other) - common)
                if similarity >= self._threshold:
                    yield Match(index, similarity)


def groups(texts: Sequence[str], threshold: float = THRESHOLD) -> list[list[int]]:
    """Return the groups of texts that are near duplicates of another in the group.

    Args:
        texts: normalised.
        threshold: the least Jaccard similarity.

    >>> groups(["turn on the lights", "turn on the light", "good morning"], threshold=0.8)
    [[0, 1]]
    """
    index = NearDuplicateIndex(texts, threshold)
    leader = list(range(len(texts)))

    def find(member: int) -> int:
        while leader[member] != member:
            leader[member] = member = leader[leader[member]]
        return member

    for position, text in enumerate(texts):
        for match in index.matches(text):
            one, other = sorted((find(position), find(match.position)))
            leader[other] = one
    members: dict[int, list[int]] = defaultdict(list)
    for position in range(len(texts)):
        members[find(position)].append(position)
    return [group for group in members.values() if len(group) > 1]
