"""What a model makes of messages whose intents and entities are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from onnlu.components.fallback_classifier import FALLBACK_INTENT
from onnlu.decoding.response import DEFAULT_SELECTOR
from onnlu.message import (
    ENTITIES,
    INTENT,
    INTENT_RESPONSE_KEY,
    RESPONSE_SELECTOR,
    TEXT,
    Message,
)
from onnlu.nlu import NLU
from onnlu.result import ParseResult

_BATCH: Final = 64


class Guess(NamedTuple):
    """A label and how sure the model is of it; the empty label stands for none."""

    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """One message: what is right, and what the model says.

    Attributes:
        text: the message.
        expected_intent: None where the message has none.
        expected_entities: dicts with `start`, `end`, `entity`, `value` and perhaps `role`, `group`.
        expected_response: the response that a ResponseSelector should find, such as `faq/hours`.
        intents: the ranking, most likely first, without what a FallbackClassifier put into it.
        entities: as expected ones, with `extractor` and perhaps `confidence_entity`.
        response: what a ResponseSelector says; None without one.
        tokens: (start, end) of each token.
        truncated: whether the model saw a part of the text only, as it exceeds the limits.
    """

    text: str
    expected_intent: str | None
    expected_entities: tuple[Mapping[str, Any], ...]
    expected_response: str | None
    intents: tuple[Guess, ...]
    entities: tuple[Mapping[str, Any], ...]
    response: Guess | None
    tokens: tuple[tuple[int, int], ...]
    truncated: bool = False

    @property
    def intent(self) -> Guess:
        """The most likely intent."""
        return self.intents[0] if self.intents else Guess("", 0.0)


def predict(nlu: NLU, messages: Sequence[Message]) -> list[Prediction]:
    """Parse messages whose intents and entities are known.

    Args:
        nlu: a model, trained or exported.
        messages: as the training data reader returns them.

    Returns:
        One prediction for each, in order. A text beyond the model's limits is cut off.
    """
    predictions = []
    for start in range(0, len(messages), _BATCH):
        batch = messages[start : start + _BATCH]
        results = nlu.parse_batch([m.data[TEXT] for m in batch], on_too_long="truncate")
        predictions += [
            _prediction(message, result) for message, result in zip(batch, results, strict=True)
        ]
    return predictions


def prediction_from_json(record: Mapping[str, Any]) -> Prediction:
    """Read a prediction that `dataclasses.asdict` made plain."""
    response = record["response"]
    return Prediction(
        **{
            **record,
            "expected_entities": tuple(record["expected_entities"]),
            "intents": tuple(Guess(*guess) for guess in record["intents"]),
            "entities": tuple(record["entities"]),
            "response": None if response is None else Guess(*response),
            "tokens": tuple((start, end) for start, end in record["tokens"]),
        }
    )


def _prediction(message: Message, result: ParseResult) -> Prediction:
    parsed = result.to_dict()
    expected_response = message.get(INTENT_RESPONSE_KEY)
    return Prediction(
        text=message.data[TEXT],
        expected_intent=message.get(INTENT) or None,
        expected_entities=tuple(message.get(ENTITIES, ())),
        expected_response=expected_response,
        intents=_ranking(parsed),
        entities=tuple(parsed["entities"]),
        response=_response(parsed.get(RESPONSE_SELECTOR), message.get(INTENT)),
        tokens=result.text_tokens,
        truncated=result.text != message.data[TEXT],
    )


def _ranking(parsed: Mapping[str, Any]) -> tuple[Guess, ...]:
    """Return the intents as they were before a FallbackClassifier (as `rasa test nlu`)."""
    found: dict[str | None, float] = {}
    # Of two classifiers, one may have set the intent and the other one the ranking.
    for intent in (parsed["intent"], *parsed["intent_ranking"]):
        found.setdefault(intent["name"], intent["confidence"])
    return tuple(
        Guess(name, confidence)
        for name, confidence in found.items()
        if name and name != FALLBACK_INTENT
    )


def _response(selectors: Any, intent: str | None) -> Guess | None:
    """Return what the selector of this retrieval intent says, or the one for all of them."""
    if not isinstance(selectors, Mapping):
        return None
    selector = selectors.get(intent) or selectors.get(DEFAULT_SELECTOR)
    response = selector.get("response") if isinstance(selector, Mapping) else None
    if not isinstance(response, Mapping):
        return None
    return Guess(response.get(INTENT_RESPONSE_KEY) or "", float(response.get("confidence") or 0.0))
