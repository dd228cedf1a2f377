"""Gathers what the files hold into one `TrainingData`."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from onnlu.message import INTENT_RESPONSE_KEY, RESPONSE, Message
from onnlu.training_data import LookupTable, Regex, TrainingData
from onnlu_train.data.places import Place, Places, SynonymConflict


class GivenSynonym(NamedTuple):
    """A variant and its canonical value, as one place of the data gives them.

    Attributes:
        variant: as texts have it.
        value: what it stands for.
        example: whose annotation says so; None for an item `synonym:`.
    """

    variant: str
    value: str
    example: Message | None


class TrainingDataBuilder:
    """Takes what the sections hold, and drops duplicate examples.

    Attributes:
        duplicates: how many examples were dropped.
        places: where all that was added stands; complete once it is built.
        overridden: responses that were given twice, as notices.
        synonyms: every one that was given, in order.
    """

    def __init__(self) -> None:
        self.duplicates = 0
        self.places = Places()
        self.overridden: list[str] = []
        self.synonyms: list[GivenSynonym] = []
        self._examples: dict[str, Message] = {}
        self._synonyms: dict[str, str] = {}
        self._regexes: list[tuple[Regex, Place]] = []
        self._lookups: dict[str, dict[str, None]] = {}
        self._responses: dict[str, list[dict[str, Any]]] = {}

    def add_example(self, data: dict[str, Any], place: Place) -> None:
        """Add a message, unless one with equal attributes is there already."""
        key = json.dumps(data, sort_keys=True)
        if key in self._examples:
            self.duplicates += 1
            return
        self._examples[key] = example = Message(data)
        self.places.examples.append(place)
        for entity in data["entities"]:
            text = data["text"][entity["start"] : entity["end"]]
            self.add_synonym(text, entity["value"], place, example)

    def add_synonym(
        self, variant: str, value: str, place: Place, example: Message | None = None
    ) -> None:
        """Map a variant to its canonical value; the last value given holds, as Rasa 3.6.

        Args:
            variant: as texts have it.
            value: what it stands for.
            place: where that stands.
            example: whose annotation says so; None for an item `synonym:`.
        """
        if variant == value:
            return
        self.synonyms.append(GivenSynonym(variant, value, example))
        previous = self._synonyms.setdefault(variant, value)
        if previous != value:
            self._synonyms[variant] = value
            self.places.conflicts.append(SynonymConflict(variant, previous, value, place))

    def add_regex(self, name: str, pattern: str, place: Place) -> None:
        """Add a regular expression."""
        self._regexes.append((Regex(name, pattern), place))

    def add_lookup_element(self, name: str, element: str, place: Place) -> None:
        """Add a phrase to a lookup table; one that it has already is passed over."""
        self.places.lookup_tables.setdefault(name, place)
        self._lookups.setdefault(name, {})[element] = None

    def add_response(self, key: str, variants: list[dict[str, Any]]) -> None:
        """Add the response of an intent response key; the last one given holds, as Rasa 3.6."""
        if self._responses.setdefault(key, variants) != variants:
            self._responses[key] = variants
            self.overridden.append(f"the response of '{key}' is given twice; the last one is used")

    def build(self) -> TrainingData:
        """Return all that was added."""
        regexes = sorted(self._regexes, key=lambda placed: placed[0].name)
        self.places.regexes = [place for _, place in regexes]
        data = TrainingData(
            examples=list(self._examples.values()),
            synonyms=dict(self._synonyms),
            regexes=[regex for regex, _ in regexes],
            lookup_tables=[
                LookupTable(name, tuple(elements)) for name, elements in self._lookups.items()
            ],
            responses=dict(self._responses),
        )
        for message in data.examples:
            if key := message.get(INTENT_RESPONSE_KEY):
                message.set(RESPONSE, data.response_text(key))
        return data
