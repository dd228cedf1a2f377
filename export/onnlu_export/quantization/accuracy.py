"""How well a model does on messages of which it is known what is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from onnlu.message import Message
from onnlu.nlu import NLU
from onnlu_train.evaluation.confidence import Thresholds
from onnlu_train.evaluation.evaluation import Evaluation
from onnlu_train.evaluation.predictions import predict

_FIGURES = {
    "intent_accuracy": ("intents", "accuracy"),
    "response_accuracy": ("responses", "accuracy"),
    "entity_f1": ("entities", "f1"),
}


def accuracy(nlu: NLU, messages: Sequence[Message]) -> dict[str, float]:
    """Return `intent_accuracy`, `response_accuracy` and `entity_f1`.

    Those that the messages, and what the model makes of them, have nothing of are left out.
    """
    evaluation = Evaluation.of(predict(nlu, messages), Thresholds.of_schema(nlu.schema))
    figures: Mapping[str, Any] = evaluation.figures()
    return {
        name: float(figures[part][figure])
        for name, (part, figure) in _FIGURES.items()
        if part in figures
    }
