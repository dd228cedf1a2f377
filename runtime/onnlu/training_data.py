"""Training data as components see it, whatever file it came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Any

from onnlu.message import ENTITIES, INTENT, INTENT_RESPONSE_KEY, Message


@dataclass(frozen=True, slots=True)
class Regex:
    """A named regular expression."""

    name: str
    pattern: str


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A named list of phrases."""

    name: str
    elements: tuple[str, ...]


@dataclass(slots=True)
class TrainingData:
    """Utterances with intents and entities, and what goes with them.

    Attributes:
        examples: distinct messages in the order of the files.
        synonyms: variant -> canonical value.
        regexes: sorted by name.
        lookup_tables: in the order of the files.
        responses: intent response key, such as `faq/ask_name`, to the variants of its response,
            each as written: `text`, and perhaps `buttons`, `image`, `custom`, ...
    """

    examples: list[Message] = field(default_factory=list)
    synonyms: dict[str, str] = field(default_factory=dict)
    regexes: Sequence[Regex] = ()
    lookup_tables: Sequence[LookupTable] = ()
    responses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def unprocessed(self) -> TrainingData:
        """Return the same data in messages of its own, without tokens and features."""
        return replace(self, examples=[Message(dict(m.data)) for m in self.examples])

    def fingerprint(self) -> str:
        """Return what stands for all of it; the order of the examples counts."""
        tables = [[astuple(item) for item in part] for part in (self.regexes, self.lookup_tables)]
        content = json.dumps([self.synonyms, tables, self.responses], sort_keys=True, default=str)
        parts = [content, *(message.fingerprint() for message in self.examples)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def intents(self) -> list[str]:
        """Distinct intent names, sorted."""
        return sorted({m.data[INTENT] for m in self.examples if m.get(INTENT)})

    @property
    def entity_types(self) -> list[str]:
        """Distinct entity types, sorted."""
        return self._entity_values("entity")

    @property
    def entity_roles(self) -> list[str]:
        """Distinct entity roles, sorted."""
        return self._entity_values("role")

    @property
    def entity_groups(self) -> list[str]:
        """Distinct entity groups, sorted."""
        return self._entity_values("group")

    @property
    def retrieval_intents(self) -> list[str]:
        """Distinct intents that responses are chosen for, sorted."""
        return sorted({m.data[INTENT] for m in self.examples if m.get(INTENT_RESPONSE_KEY)})

    def response_text(self, intent_response_key: str) -> str:
        """Return the text of a response: of the first variant with one, else the key itself."""
        variants = self.responses.get(intent_response_key, ())
        return next((v["text"] for v in variants if v.get("text")), intent_response_key)

    def _entity_values(self, key: str) -> list[str]:
        entities = (e for m in self.examples for e in m.get(ENTITIES, ()))
        return sorted({entity[key] for entity in entities if entity.get(key)})
