"""All that is known of how well a model does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from onnlu_train.evaluation.classification import (
    Classification,
    intent_classification,
    response_selection,
)
from onnlu_train.evaluation.confidence import (
    Bin,
    Thresholds,
    calibration,
    expected_calibration_error,
    fallback,
)
from onnlu_train.evaluation.entities import EntityEvaluation, entity_evaluations
from onnlu_train.evaluation.predictions import Prediction


@dataclass(frozen=True)
class Evaluation:
    """A model's predictions, seen from each side.

    Attributes:
        predictions: what is right and what the model says.
        intents: None where no message has an intent.
        responses: None where no response is to be selected.
        entities: of all extractors together, then of each; empty without entities.
        thresholds: when a message falls back.
    """

    predictions: tuple[Prediction, ...]
    intents: Classification | None
    responses: Classification | None
    entities: tuple[EntityEvaluation, ...]
    thresholds: Thresholds

    @classmethod
    def of(cls, predictions: Sequence[Prediction], thresholds: Thresholds) -> Evaluation:
        """Evaluate predictions."""
        return cls(
            predictions=tuple(predictions),
            intents=intent_classification(predictions),
            responses=response_selection(predictions),
            entities=tuple(entity_evaluations(predictions)),
            thresholds=thresholds,
        )

    def calibration(self) -> list[Bin]:
        """Return confidence and accuracy of intents, bin by bin."""
        decisions = self.intents.decisions if self.intents else ()
        return calibration(
            [decision.found.confidence for decision in decisions],
            [decision.is_right for decision in decisions],
        )

    def figures(self) -> dict[str, Any]:
        """Return the key figures, as JSON; parts that the data has nothing of are left out."""
        figures: dict[str, Any] = {"messages": len(self.predictions)}
        if self.intents:
            figures["intents"] = {
                **self.intents.figures(),
                "expected_calibration_error": expected_calibration_error(self.calibration()),
                "fallback": fallback(self.intents, self.thresholds).to_json(),
            }
        if self.responses:
            figures["responses"] = self.responses.figures()
        if self.entities:
            every, *extractors = self.entities
            figures["entities"] = every.figures()
            if len(extractors) > 1:
                figures["extractors"] = {
                    str(evaluation.extractor): evaluation.figures() for evaluation in extractors
                }
        return figures
