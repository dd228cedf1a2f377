"""Gathers what the files hold into one `TrainingData`."""

from __future__ import annotations

import json
from typing import Any

from onnlu.message import Message
from onnlu.training_data import LookupTable, Regex, TrainingData


class TrainingDataBuilder:
    """Takes examples, synonyms, regexes and lookup tables, and drops duplicate examples.

    Attributes:
        duplicates: how many examples were dropped.
        conflicts: synonyms that were given two values, as notices.
    """

    def __init__(self) -> None:
        self.duplicates = 0
        self.conflicts: list[str] = []
        self._examples: dict[str, Message] = {}
        self._synonyms: dict[str, str] = {}
        self._regexes: list[Regex] = []
        self._lookups: dict[str, dict[str, None]] = {}

    def add_example(self, data: dict[str, Any]) -> None:
        """Add a message, unless one with equal attributes is there already."""
        key = json.dumps(data, sort_keys=True)
        if key in self._examples:
            self.duplicates += 1
            return
        self._examples[key] = Message(data)
        for entity in data["entities"]:
            self.add_synonym(data["text"][entity["start"] : entity["end"]], entity["value"])

    def add_synonym(self, variant: str, value: str) -> None:
        """Map a variant to its canonical value; the last value given holds, as Rasa 3.6."""
        if variant == value:
            return
        previous = self._synonyms.setdefault(variant, value)
        if previous != value:
            self._synonyms[variant] = value
            self.conflicts.append(
                f"the synonym '{variant}' stands for '{previous}' and for '{value}'; "
                f"'{value}' is used"
            )

    def add_regex(self, name: str, pattern: str) -> None:
        """Add a regular expression."""
        self._regexes.append(Regex(name, pattern))

    def add_lookup_element(self, name: str, element: str) -> None:
        """Add a phrase to a lookup table; one that it has already is passed over."""
        self._lookups.setdefault(name, {})[element] = None

    def build(self) -> TrainingData:
        """Return all that was added."""
        return TrainingData(
            examples=list(self._examples.values()),
            synonyms=dict(self._synonyms),
            regexes=sorted(self._regexes, key=lambda regex: regex.name),
            lookup_tables=[
                LookupTable(name, tuple(elements)) for name, elements in self._lookups.items()
            ],
        )
