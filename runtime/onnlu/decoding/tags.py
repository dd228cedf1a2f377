"""Tags of tokens: which ones a tagging head knows, and those of a training example."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from onnlu.message import Token
from onnlu_engine.errors import InvalidDataException

ENTITY: Final = "entity"
ROLE: Final = "role"
GROUP: Final = "group"
KINDS: Final = (ENTITY, ROLE, GROUP)

OUTSIDE_NAME: Final = "O"
BILOU_PREFIXES: Final = ("B", "I", "L", "U")


class Tag(NamedTuple):
    """One tag taken apart.

    Attributes:
        prefix: "B", "I", "L" or "U"; empty for plain tags and outside of entities.
        value: the entity type, role or group; empty outside of entities.
    """

    prefix: str
    value: str


OUTSIDE: Final = Tag("", "")


@dataclass(frozen=True, slots=True)
class TagSpec:
    """The tags of one head; a tag's id is its index.

    Attributes:
        name: the kind, one of `KINDS`.
        tags: "O" first, then the tags of each value.
        bilou: whether each value has four tags B-, I-, L-, U- (in this order), or one plain one.
    """

    name: str
    tags: tuple[str, ...]
    bilou: bool

    def parsed(self) -> tuple[Tag, ...]:
        """Return the tags taken apart, in the order of their ids.

        >>> TagSpec("entity", ("O", "B-city", "I-city", "L-city", "U-city"), bilou=True).parsed()[1]
        Tag(prefix='B', value='city')
        """
        if self.bilou:
            return (OUTSIDE, *(Tag(tag[0], tag[2:]) for tag in self.tags[1:]))
        return (OUTSIDE, *(Tag("", tag) for tag in self.tags[1:]))

    def to_json(self) -> dict[str, Any]:
        """Return {"name", "tags"}; whether it is BILOU is a fact of all heads together."""
        return {"name": self.name, "tags": list(self.tags)}

    @classmethod
    def from_json(cls, document: Any, bilou: bool) -> TagSpec:
        """Read what `to_json` returned.

        Raises:
            ValueError: it has another shape.
        """
        match document:
            case {"name": str(name), "tags": [*tags]} if name in KINDS:
                if _are_consistent(tags, bilou):
                    return cls(name, tuple(tags), bilou)
                scheme = "B-, I-, L-, U- of each value" if bilou else "one plain tag a value"
                raise ValueError(f"tags of {name!r} must be 'O', then {scheme}")
        raise ValueError(f'each must be {{"name", "tags"}} with a name of {", ".join(KINDS)}')


def tag_specs(
    entity_types: Iterable[str], roles: Iterable[str], groups: Iterable[str], bilou: bool
) -> list[TagSpec]:
    """Return a spec for each kind that has values; values are sorted (as Rasa 3.6).

    Raises:
        InvalidDataException: a value is called "O", which is what no entity is called.

    >>> tag_specs(["town", "date"], [], [], bilou=False)
    [TagSpec(name='entity', tags=('O', 'date', 'town'), bilou=False)]
    """
    specs = []
    for name, kind_values in zip(KINDS, (entity_types, roles, groups), strict=True):
        values = sorted(set(kind_values))
        if OUTSIDE_NAME in values:
            raise InvalidDataException(
                f"the training data has the {name} {OUTSIDE_NAME!r}, which stands for no {name}; "
                "give it another name"
            )
        if values:
            specs.append(TagSpec(name, (OUTSIDE_NAME, *_tags_of(values, bilou)), bilou))
    return specs


def tag_ids(
    tokens: Sequence[Token], entities: Sequence[Mapping[str, Any]], spec: TagSpec
) -> npt.NDArray[np.int32]:
    """Return the tag of each token of a training example, int32 [tokens].

    Entities off the token borders and values that the spec does not know leave 0 ("O"). Where
    entities overlap, the later one in the list tags the tokens they share (as Rasa 3.6).

    Args:
        tokens: tokens of the text.
        entities: dicts with `start`, `end` and perhaps a value under the spec's name.
        spec: tags of the kind that is asked for.
    """
    ids = np.zeros(len(tokens), dtype=np.int32)
    borders = _TokenBorders(tokens)
    for entity in entities:
        span = borders.span(entity)
        value = entity.get(spec.name)
        first_tag = f"B-{value}" if spec.bilou else value
        if span is None or first_tag not in spec.tags:
            continue
        first, last = span
        tag = spec.tags.index(first_tag)
        if not spec.bilou:
            ids[first : last + 1] = tag
        elif first == last:
            ids[first] = tag + 3
        else:
            ids[first] = tag
            ids[first + 1 : last] = tag + 1
            ids[last] = tag + 2
    return ids


def misaligned_entities(
    tokens: Sequence[Token], entities: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Return the entities that do not start and end on token borders: `tag_ids` ignores them."""
    borders = _TokenBorders(tokens)
    return [entity for entity in entities if borders.span(entity) is None]


class _TokenBorders:
    """Which token starts, and which ends, at a position of the text."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._starts = {token.start: index for index, token in enumerate(tokens)}
        self._ends = {token.end: index for index, token in enumerate(tokens)}

    def span(self, entity: Mapping[str, Any]) -> tuple[int, int] | None:
        """Return the entity's first and last token, or None where it is not made of tokens."""
        first = self._starts.get(entity["start"])
        last = self._ends.get(entity["end"])
        if first is None or last is None or last < first:
            return None
        return first, last


def _tags_of(values: Iterable[str], bilou: bool) -> list[str]:
    if not bilou:
        return list(values)
    return [f"{prefix}-{value}" for value in values for prefix in BILOU_PREFIXES]


def _are_consistent(tags: list[Any], bilou: bool) -> bool:
    if len(tags) < 2 or tags[0] != OUTSIDE_NAME or not all(isinstance(t, str) and t for t in tags):
        return False
    values = [tag[2:] for tag in tags[1 :: len(BILOU_PREFIXES)]] if bilou else tags[1:]
    return len(set(tags)) == len(tags) and tags[1:] == _tags_of(values, bilou)
