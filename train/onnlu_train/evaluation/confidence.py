"""What confidences are worth: calibration, and what a fallback would catch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from onnlu.components.fallback_classifier import FallbackClassifier
from onnlu_engine.node import merged_config
from onnlu_engine.schema import GraphSchema
from onnlu_train.evaluation.classification import Classification

BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Messages whose confidence is in (low, high]; the first bin holds 0 as well."""

    low: float
    high: float
    messages: int
    confidence: float
    accuracy: float


def calibration(confidences: Sequence[float], right: Sequence[bool]) -> list[Bin]:
    """Return mean confidence and accuracy in ten bins of equal width, empty ones left out.

    >>> calibration([0.05, 1.0, 0.98], [False, True, False])[1]
    Bin(low=0.9, high=1.0, messages=2, confidence=0.99, accuracy=0.5)
    """
    values, hits = np.asarray(confidences, dtype=float), np.asarray(right, dtype=float)
    indices = np.clip(np.ceil(values * BINS) - 1, 0, BINS - 1).astype(int)
    return [
        Bin(
            low=index / BINS,
            high=(index + 1) / BINS,
            messages=int(np.sum(indices == index)),
            confidence=float(values[indices == index].mean()),
            accuracy=float(hits[indices == index].mean()),
        )
        for index in np.unique(indices).tolist()
    ]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Return the mean distance of confidence and accuracy (Guo et al. 2017).

    >>> expected_calibration_error([Bin(0.9, 1.0, 4, 0.95, 0.75)])
    0.2
    """
    messages = sum(bin_.messages for bin_ in bins)
    gaps = sum(bin_.messages * abs(bin_.confidence - bin_.accuracy) for bin_ in bins)
    return round(gaps / messages, 12) if messages else 0.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a FallbackClassifier takes over; the defaults are Rasa's.

    Attributes:
        threshold: the least confidence.
        ambiguity_threshold: the least distance to the second intent.
    """

    threshold: float = 0.3
    ambiguity_threshold: float = 0.1

    @classmethod
    def of_schema(cls, schema: GraphSchema) -> Thresholds:
        """Return those of a model's FallbackClassifier, or the defaults."""
        for node in schema.nodes.values():
            if issubclass(node.uses, FallbackClassifier):
                config = merged_config(node.uses, node.config)
                return cls(float(config["threshold"]), float(config["ambiguity_threshold"]))
        return cls()


@dataclass(frozen=True, slots=True)
class Fallback:
    """What a FallbackClassifier would make of the messages.

    Attributes:
        threshold: the least confidence.
        ambiguity_threshold: the least distance to the second intent.
        below_threshold: share of the messages below the threshold.
        ambiguous: share of the messages that are above it, but too near to a second intent.
        accuracy_of_rest: share of right intents among the other messages; None without any.
        wrong_caught: share of the wrong intents that would have fallen back; None without any.
    """

    threshold: float
    ambiguity_threshold: float
    below_threshold: float
    ambiguous: float
    accuracy_of_rest: float | None
    wrong_caught: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the attributes."""
        return asdict(self)


def fallback(classification: Classification, thresholds: Thresholds) -> Fallback:
    """Return which messages fall back, and how good the rest is.

    Args:
        classification: of intents.
        thresholds: when a message falls back.
    """
    decisions = classification.decisions
    first = np.array([decision.found.confidence for decision in decisions])
    second = np.array([_second(decision.prediction.intents) for decision in decisions])
    right = np.array([decision.is_right for decision in decisions])
    below = first < thresholds.threshold
    ambiguous = ~below & (first - second < thresholds.ambiguity_threshold)
    rest = ~below & ~ambiguous
    return Fallback(
        threshold=thresholds.threshold,
        ambiguity_threshold=thresholds.ambiguity_threshold,
        below_threshold=float(below.mean()),
        ambiguous=float(ambiguous.mean()),
        accuracy_of_rest=float(right[rest].mean()) if rest.any() else None,
        wrong_caught=float((~rest)[~right].mean()) if (~right).any() else None,
    )


def _second(intents: Sequence[tuple[str, float]]) -> float:
    return intents[1][1] if len(intents) > 1 else -np.inf
