"""Utterances that nobody said: training data of any size, with any number of tags.

Words follow Zipf's law in a vocabulary that never ends, so that features grow with the data as they
do in speech. Nothing can be learnt from them: they show what a training costs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

INTENTS = 20
LONGEST = 46
"""Tokens of the longest utterance, which there always is."""

_USUAL_LENGTH, _SPREAD = 9.0, 0.45
_ZIPF = 1.3
_ENTITY_SHARE = 0.3
_ONSETS = (*"bcdfghjklmnprstvwz", "bl", "ch", "dr", "gr", "sh", "sp", "th", "tr")
_VOWELS = (*"aeiou", "ai", "ea", "oo")
_CODAS = ("", *"dklmnprstxy", "ck", "nd", "ng", "ss", "st")
_SYLLABLES = [a + b + c for a in _ONSETS for b in _VOWELS for c in _CODAS]
_MOST_FREQUENT = (300, 100_000, len(_SYLLABLES) ** 3)
"""How many words have at most one, two and three syllables: frequent words are short."""
_SCATTER = 1_000_003  # a prime: words that are about as frequent have other letters

_TAGS_A_TYPE = 4  # BILOU without O, which all types share


class Entity(NamedTuple):
    """Words [first, end) of an utterance, and their type."""

    first: int
    end: int
    type: str


class Utterance(NamedTuple):
    """Words with an intent, and the entities among them, in order."""

    intent: str
    words: tuple[str, ...]
    entities: tuple[Entity, ...]


class Synthetic(NamedTuple):
    """What to generate.

    Attributes:
        utterances: how many; all differ.
        entity_types: how many types of entities; all occur.
        seed: the same one gives the same utterances.
    """

    utterances: int
    entity_types: int
    seed: int = 1

    @classmethod
    def with_tags(cls, utterances: int, tags: int) -> Synthetic:
        """Return what has about this number of BILOU tags.

        >>> Synthetic.with_tags(5000, 470).tags
        469
        """
        return cls(utterances, max(1, round((tags - 1) / _TAGS_A_TYPE)))

    @property
    def tags(self) -> int:
        """How many BILOU tags a model of it has, O among them."""
        return self.entity_types * _TAGS_A_TYPE + 1

    @property
    def name(self) -> str:
        """What a report calls it."""
        return f"generated, {self.utterances} utterances, {self.tags} tags"


def generate(wanted: Synthetic) -> list[Utterance]:
    """Return utterances of 2 to 46 words, each intent and each entity type among them.

    Raises:
        ValueError: there are fewer utterances than intents or entity types.
    """
    least = max(INTENTS, wanted.entity_types)
    if wanted.utterances < least:
        raise ValueError(f"{wanted.name}: at least {least} utterances are needed.")
    rng = np.random.default_rng(wanted.seed)
    found: dict[tuple[str, ...], Utterance] = {}
    while len(found) < wanted.utterances:
        number = len(found)
        words = _words(rng, LONGEST if number == 0 else _length(rng))
        if words not in found:
            entities = tuple(_entities(rng, len(words), number, wanted.entity_types))
            found[words] = Utterance(f"intent_{number % INTENTS}", words, entities)
    return list(found.values())


def write(path: Path, utterances: Sequence[Utterance]) -> None:
    """Write utterances as Rasa YAML."""
    by_intent: defaultdict[str, list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        by_intent[utterance.intent].append(utterance)
    lines = ['version: "3.1"', "nlu:"]
    for intent, examples in by_intent.items():
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {marked_up(example)}" for example in examples]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def marked_up(utterance: Utterance) -> str:
    """Return the text of an utterance with its entities marked up.

    >>> marked_up(Utterance("go", ("to", "new", "york"), (Entity(1, 3, "city"),)))
    'to [new york](city)'
    """
    words = list(utterance.words)
    for first, end, type_ in utterance.entities:
        words[first] = f"[{words[first]}"
        words[end - 1] = f"{words[end - 1]}]({type_})"
    return " ".join(words)


def _length(rng: np.random.Generator) -> int:
    return int(np.clip(rng.lognormal(np.log(_USUAL_LENGTH), _SPREAD), 2, LONGEST))


def _words(rng: np.random.Generator, count: int) -> tuple[str, ...]:
    return tuple(_word(int(rank) % _MOST_FREQUENT[-1]) for rank in rng.zipf(_ZIPF, count))


def _word(rank: int) -> str:
    """Return the word that is the `rank`-th most frequent, counted from 0."""
    syllables = 1 + sum(rank >= limit for limit in _MOST_FREQUENT)
    letters = rank * _SCATTER
    word = ""
    for _ in range(syllables):
        letters, syllable = divmod(letters, len(_SYLLABLES))
        word += _SYLLABLES[syllable]
    return word


def _entities(
    rng: np.random.Generator, words: int, number: int, entity_types: int
) -> Iterator[Entity]:
    """Yield entities of one to three words; the first one's type follows from the number."""
    type_, first = number % entity_types, int(rng.integers(words))
    while first < words:
        end = min(words, first + int(rng.integers(1, 4)))
        yield Entity(first, end, f"type_{type_}")
        type_ = int(rng.integers(entity_types))
        first = end + int(rng.geometric(_ENTITY_SHARE)) - 1
