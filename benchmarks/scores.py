"""How right predictions are: the same arithmetic for every system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
"""One text: `text`, `intent` (a name, or None) and `entities` (`start`, `end`, `entity`)."""


def record(text: str, intent: str | None, entities: Iterable[Mapping[str, Any]]) -> Record:
    """Return a record; of entities it keeps what is scored.

    >>> record("to Rome", "go", [{"start": 3, "end": 7, "entity": "city", "value": "Rome"}])
    {'text': 'to Rome', 'intent': 'go', 'entities': [{'start': 3, 'end': 7, 'entity': 'city'}]}
    """
    kept = [{key: entity[key] for key in ("start", "end", "entity")} for entity in entities]
    return {"text": text, "intent": intent, "entities": kept}


def score(expected: Sequence[Record], predicted: Sequence[Record]) -> dict[str, float]:
    """Return intent accuracy, and micro precision, recall and F1 of entities.

    An entity is right if start, end and type are.

    Args:
        expected: what is right.
        predicted: the same texts in the same order.

    Raises:
        ValueError: they are not the same, or there are none.
    """
    if not expected or [one["text"] for one in expected] != [one["text"] for one in predicted]:
        raise ValueError("what is expected and what is predicted differ in their texts")
    pairs = list(zip(expected, predicted, strict=True))
    right = sum(one["intent"] == other["intent"] for one, other in pairs)
    hits = sum(len(_spans(one) & _spans(other)) for one, other in pairs)
    wanted, found = (sum(len(_spans(one)) for one in side) for side in (expected, predicted))
    return {
        "intent_accuracy": right / len(pairs),
        "entity_precision": hits / found if found else 0.0,
        "entity_recall": hits / wanted if wanted else 0.0,
        # The harmonic mean of the two, and 0 where nothing is right.
        "entity_f1": 2 * hits / (found + wanted) if found + wanted else 0.0,
    }


def _spans(of: Record) -> set[tuple[int, int, str]]:
    return {(entity["start"], entity["end"], entity["entity"]) for entity in of["entities"]}
