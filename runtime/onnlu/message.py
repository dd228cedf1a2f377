"""A message on its way through the graph, and its tokens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from onnlu.features import Features
from onnlu_engine.fingerprints import plain_fingerprint

TEXT: Final = "text"
INTENT: Final = "intent"
INTENT_RANKING: Final = "intent_ranking"
ENTITIES: Final = "entities"
METADATA: Final = "metadata"
INTENT_RESPONSE_KEY: Final = "intent_response_key"
RESPONSE: Final = "response"
RESPONSE_SELECTOR: Final = "response_selector"
DIAGNOSTIC_DATA: Final = "diagnostic_data"


class Token(NamedTuple):
    """A piece of the text: `text` is what featurizers see, [start, end) where it stands."""

    text: str
    start: int
    end: int


@dataclass(slots=True, eq=False)
class Message:
    """One utterance: its attributes, its tokens and its features.

    Attributes:
        data: attributes such as `text`, `intent` (in training its name, in parsing
            {"name", "confidence"}), `entities` (list of dicts with `entity`, `start`, `end`,
            `value` and perhaps `role`, `group`), `intent_ranking`, `response_selector`, `metadata`,
            `diagnostic_data` (name -> array, by node); in training `intent_response_key`, which is
            `faq/ask_name` where the intent is `faq`, and `response`, the text that answers it.
        tokens: tokens by attribute.
        features: feature matrices in pipeline order.
    """

    data: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, list[Token]] = field(default_factory=dict)
    features: list[Features] = field(default_factory=list)

    def get(self, attribute: str, default: Any = None) -> Any:
        """Return an attribute, or `default` where it is absent."""
        return self.data.get(attribute, default)

    def set(self, attribute: str, value: Any) -> None:
        """Set an attribute."""
        self.data[attribute] = value

    def copy(self) -> Message:
        """Return the same message in dicts and a list of its own, which share what is in them."""
        return Message(dict(self.data), dict(self.tokens), list(self.features))

    def fingerprint(self, without: Collection[str] = ()) -> str:
        """Return what stands for attributes, tokens and features; the order of these counts.

        Args:
            without: attributes that are left out, with their tokens and features.

        Raises:
            NoFingerprintException: an attribute does not say what it holds.
        """
        content = [
            {key: value for key, value in part.items() if key not in without}
            for part in (self.data, self.tokens)
        ]
        features = [f.fingerprint() for f in self.features if f.attribute not in without]
        return plain_fingerprint([content, features])
