"""Intents, or responses, of messages: right ones and wrong ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from onnlu_train.evaluation.labels import LabelReport, label_report
from onnlu_train.evaluation.predictions import Guess, Prediction


class Decision(NamedTuple):
    """What is right for one message, and what the model chose."""

    prediction: Prediction
    expected: str
    found: Guess

    @property
    def is_right(self) -> bool:
        """Whether the model chose what is right."""
        return self.expected == self.found.label


@dataclass(frozen=True)
class Classification:
    """What a model chose for messages of which it is known what is right.

    Attributes:
        decisions: at least one.
    """

    decisions: tuple[Decision, ...]

    @cached_property
    def report(self) -> LabelReport:
        """Scores of each label, and which are confused."""
        return label_report(
            [decision.expected for decision in self.decisions],
            [decision.found.label for decision in self.decisions],
        )

    @cached_property
    def errors(self) -> list[Decision]:
        """The wrong ones, those the model was surest of first."""
        wrong = (decision for decision in self.decisions if not decision.is_right)
        return sorted(wrong, key=lambda decision: -decision.found.confidence)

    @cached_property
    def successes(self) -> list[Decision]:
        """The right ones, in the order of the data."""
        return [decision for decision in self.decisions if decision.is_right]

    def figures(self) -> dict[str, float]:
        """Return accuracy, and F1 over all labels."""
        averages = self.report.averages
        return {
            "accuracy": self.report.accuracy,
            "macro_f1": averages["macro avg"].f1,
            "weighted_f1": averages["weighted avg"].f1,
        }


def intent_classification(predictions: Sequence[Prediction]) -> Classification | None:
    """Return what a model made of the intents, or None where no message has, or is given, one."""
    if not any(prediction.intents for prediction in predictions):
        return None
    return _classification(
        Decision(prediction, prediction.expected_intent, prediction.intent)
        for prediction in predictions
        if prediction.expected_intent
    )


def response_selection(predictions: Iterable[Prediction]) -> Classification | None:
    """Return which responses were selected, or None where there is none to select."""
    return _classification(
        Decision(prediction, prediction.expected_response, prediction.response)
        for prediction in predictions
        if prediction.expected_response and prediction.response
    )


def decision_record(decision: Decision, kind: str) -> dict[str, Any]:
    """Return a decision as `rasa test nlu` writes it.

    Args:
        decision: right or wrong.
        kind: "intent" or "intent_response_key".
    """
    return {
        "text": decision.prediction.text,
        kind: decision.expected,
        f"{kind}_prediction": {
            "name": decision.found.label,
            "confidence": decision.found.confidence,
        },
    }


def _classification(decisions: Iterable[Decision]) -> Classification | None:
    found = tuple(decisions)
    return Classification(found) if found else None
