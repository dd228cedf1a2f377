"""Where the training data stands: the file and line of all that was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Place(NamedTuple):
    """A line of a file, as the user named the file; lines count from 1.

    >>> str(Place(Path("nlu.yml"), 3))
    'nlu.yml:3'
    """

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class SynonymConflict(NamedTuple):
    """A variant of two values: `value` is used, `previous` was given before it."""

    variant: str
    previous: str
    value: str
    place: Place

    def __str__(self) -> str:
        return (
            f"the synonym '{self.variant}' stands for '{self.previous}' and for '{self.value}'; "
            f"'{self.value}' is used"
        )


@dataclass(slots=True)
class Places:
    """Where each part of a `TrainingData` stands.

    Attributes:
        examples: one for each of its examples, in their order.
        regexes: one for each of its regexes, in their order.
        lookup_tables: by name, where the table begins.
        conflicts: synonyms that were given two values.
    """

    examples: list[Place] = field(default_factory=list)
    regexes: list[Place] = field(default_factory=list)
    lookup_tables: dict[str, Place] = field(default_factory=dict)
    conflicts: list[SynonymConflict] = field(default_factory=list)
