from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu_train.evaluation.predictions import Guess, Prediction

TOKENIZER = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())


@pytest.fixture
def predicted() -> Callable[..., Prediction]:
    """Make a prediction: predicted("to Rome", "fly", ("greet", 0.9), [(3, 7, "city")], [...])."""

    def make(
        text: str,
        intent: str | None = None,
        found: tuple[str, float] | list[tuple[str, float]] = (),
        entities: list[tuple[int, int, str]] = (),
        found_entities: list[tuple[Any, ...]] = (),
    ) -> Prediction:
        guesses = found if isinstance(found, list) else [found] if found else []
        return Prediction(
            text=text,
            expected_intent=intent,
            expected_entities=tuple(
                {"start": start, "end": end, "entity": label, "value": text[start:end]}
                for start, end, label in entities
            ),
            expected_response=None,
            intents=tuple(Guess(*guess) for guess in guesses),
            entities=tuple(
                {"start": start, "end": end, "entity": label, "extractor": rest[0] if rest else "X"}
                | ({"confidence_entity": rest[1]} if len(rest) > 1 else {})
                for start, end, label, *rest in found_entities
            ),
            response=None,
            tokens=tuple((token.start, token.end) for token in TOKENIZER.tokenize(text)),
        )

    return make
