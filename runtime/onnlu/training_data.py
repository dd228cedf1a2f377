"""Training data as components see it, whatever file it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Any, Final

from onnlu.message import ENTITIES, INTENT, INTENT_RESPONSE_KEY, RESPONSE, Message
from onnlu_engine.fingerprints import fingerprint, plain_fingerprint

EXAMPLES: Final = "examples"
RETRIEVAL_EXAMPLES: Final = "retrieval examples"
RESPONSES: Final = "responses"
SYNONYMS: Final = "synonyms"
REGEXES: Final = "regexes"
LOOKUP_TABLES: Final = "lookup tables"

_OF_RESPONSES: Final = (INTENT_RESPONSE_KEY, RESPONSE)


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

    def copy(self) -> TrainingData:
        """Return the same data in messages of its own, for a component to work on."""
        return replace(self, examples=[message.copy() for message in self.examples])

    def fingerprint_parts(self) -> dict[str, str]:
        """Return the digest of each part, as components read them.

        `EXAMPLES` are all messages without what belongs to responses, `RETRIEVAL_EXAMPLES` those
        that have a response, as a whole; `RESPONSES` are the responses with their variants.

        Raises:
            NoFingerprintException: an attribute of a message does not say what it holds.
        """
        retrieval = [m for m in self.examples if m.get(INTENT_RESPONSE_KEY)]
        rest = {
            RESPONSES: self.responses,
            # A later synonym may count for more than an earlier one.
            SYNONYMS: list(self.synonyms.items()),
            REGEXES: list(map(astuple, self.regexes)),
            LOOKUP_TABLES: list(map(astuple, self.lookup_tables)),
        }
        return {
            EXAMPLES: plain_fingerprint([m.fingerprint(_OF_RESPONSES) for m in self.examples]),
            RETRIEVAL_EXAMPLES: plain_fingerprint([message.fingerprint() for message in retrieval]),
            **{part: plain_fingerprint(value) for part, value in rest.items()},
        }

    def fingerprint(self) -> str:
        """Return a digest of all of it.

        Raises:
            NoFingerprintException: an attribute of a message does not say what it holds.
        """
        return fingerprint(self.fingerprint_parts())

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
