"""What parsing a text returns: immutable, and as JSON in the shape of Rasa's /model/parse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from onnlu.message import (
    DIAGNOSTIC_DATA,
    ENTITIES,
    INTENT,
    INTENT_RANKING,
    RESPONSE_SELECTOR,
    TEXT,
    Message,
)
from onnlu_engine.errors import GraphComponentException

_REQUIRED_KEYS: Final = ("entity", "start", "end", "value")
# The order of the keys in JSON (as Rasa 3.6).
_KEYS: Final = (
    "entity",
    "start",
    "end",
    "confidence_entity",
    "role",
    "confidence_role",
    "group",
    "confidence_group",
    "value",
    "extractor",
    "processors",
)
_JSON_SCALARS: Final = frozenset((str, int, float, bool, type(None)))


class Intent(NamedTuple):
    """An intent and how sure the model is of it; the name None stands for "nothing known"."""

    name: str | None
    confidence: float

    @classmethod
    def from_dict(cls, intent: Mapping[str, Any]) -> Self:
        """Read the intent of a message."""
        return cls(intent["name"], float(intent["confidence"]))

    def to_dict(self) -> dict[str, Any]:
        """Return {"name", "confidence"}."""
        return {"name": self.name, "confidence": self.confidence}


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity in a text.

    Attributes:
        entity: its type.
        start: index of its first character.
        end: index after its last character.
        value: its text, or what an extractor or synonym made of it.
        confidence_entity: confidence of the type, where the extractor has one.
        role: its role, if any.
        confidence_role: confidence of the role.
        group: its group, if any.
        confidence_group: confidence of the group.
        extractor: the component that found it.
        processors: the components that changed it afterwards.
        extra: further keys that an extractor gave it.
    """

    entity: str
    start: int
    end: int
    value: Any
    confidence_entity: float | None = None
    role: str | None = None
    confidence_role: float | None = None
    group: str | None = None
    confidence_group: float | None = None
    extractor: str | None = None
    processors: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, entity: Mapping[str, Any]) -> Self:
        """Read an entity of a message.

        Raises:
            GraphComponentException: it lacks its type, start, end or value.
        """
        missing = [key for key in _REQUIRED_KEYS if key not in entity]
        if missing:
            raise GraphComponentException(
                f"an entity from {entity.get('extractor', 'an unnamed extractor')} lacks "
                f"{', '.join(missing)}: {dict(entity)}; let the extractor set "
                f"{', '.join(_REQUIRED_KEYS)}"
            )
        known = {key: _plain(value) for key, value in entity.items()}
        extra = {key: known.pop(key) for key in entity if key not in _KEYS}
        known["processors"] = tuple(known.get("processors") or ())
        return cls(**known, extra=extra)

    def to_dict(self) -> dict[str, Any]:
        """Return the keys that have a value, in Rasa's order, then the further ones."""
        found = {key: getattr(self, key) for key in _KEYS}
        found["processors"] = list(self.processors)
        present = {
            key: value
            for key, value in found.items()
            if key in _REQUIRED_KEYS or (value is not None and value != [])
        }
        return present | dict(self.extra)


@dataclass(frozen=True, slots=True)
class ParseResult:
    """What the model makes of one text.

    Attributes:
        text: the text.
        intent: the most likely intent.
        intent_ranking: intents from the most likely on.
        entities: entities in the order in which the components found them.
        text_tokens: (start, end) of each token.
        response_selector: what the response selectors say, as plain JSON: by the retrieval intent
            of each, or "default", its `response` (with `responses`, `confidence`,
            `intent_response_key`, `utter_action`) and its `ranking`; and `all_retrieval_intents`.
            Empty without selectors.
        diagnostic_data: what models show of how they came to the result, if that was asked for:
            name -> array by node, such as `attention_weights` float32 [1, layers, heads, slots,
            slots] and `text_transformed` float32 [1, slots, units]; the last slot stands for the
            sentence, those before it for the tokens.
    """

    text: str
    intent: Intent
    intent_ranking: tuple[Intent, ...]
    entities: tuple[Entity, ...]
    text_tokens: tuple[tuple[int, int], ...]
    response_selector: Mapping[str, Any] = field(default_factory=dict)
    diagnostic_data: Mapping[str, Mapping[str, npt.NDArray[Any]]] = field(
        default_factory=dict, compare=False
    )

    @classmethod
    def from_message(cls, message: Message) -> Self:
        """Read what the components left on a message.

        Raises:
            GraphComponentException: an extractor left an entity without type, start, end or value.
        """
        intent = message.get(INTENT)
        return cls(
            text=message.get(TEXT, ""),
            intent=Intent.from_dict(intent) if intent else Intent(None, 0.0),
            intent_ranking=tuple(map(Intent.from_dict, message.get(INTENT_RANKING, ()))),
            entities=tuple(map(Entity.from_dict, message.get(ENTITIES, ()))),
            text_tokens=tuple((token.start, token.end) for token in message.tokens.get(TEXT, ())),
            response_selector=_plain(message.get(RESPONSE_SELECTOR, {})),
            diagnostic_data=message.get(DIAGNOSTIC_DATA, {}),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return a document for JSON, with the keys of Rasa's /model/parse in its order.

        `response_selector` is there where there are selectors, `diagnostic_data`, with nested
        lists for arrays, where it was asked for.
        """
        selected, diagnosed = _plain(self.response_selector), _plain(self.diagnostic_data)
        return {
            "text": self.text,
            "intent": self.intent.to_dict(),
            "entities": [entity.to_dict() for entity in self.entities],
            "text_tokens": [list(span) for span in self.text_tokens],
            "intent_ranking": [intent.to_dict() for intent in self.intent_ranking],
            **({RESPONSE_SELECTOR: selected} if selected else {}),
            **({DIAGNOSTIC_DATA: diagnosed} if diagnosed else {}),
        }


def _plain(value: Any) -> Any:
    """Return the value in the types of JSON: extractors may leave numpy's scalars and arrays."""
    if type(value) in _JSON_SCALARS:
        return value
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
