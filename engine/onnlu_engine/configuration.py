"""What a recipe makes of a user's config."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from onnlu_engine.schema import GraphSchema


class TrainingType(Enum):
    """What a training covers; onnlu itself trains `NLU` only."""

    NLU = 1
    CORE = 2
    BOTH = 3
    END_TO_END = 4


@dataclass
class GraphModelConfiguration:
    """The two graphs of a model, one to train it and one to predict with it.

    Attributes:
        train_schema: trains components, which leave resources.
        predict_schema: runs components loaded from these resources.
        training_type: what the training covers.
        assistant_id: the user's name for the assistant.
        language: ISO code of the data's language; None if it does not matter.
        core_target: node of the predict graph that predicts actions.
        nlu_target: node of the predict graph that returns parsed messages.
        spaces: settings of assistants made of several domains, kept as given.
    """

    train_schema: GraphSchema
    predict_schema: GraphSchema
    training_type: TrainingType = TrainingType.NLU
    assistant_id: str | None = None
    language: str | None = None
    core_target: str | None = None
    nlu_target: str | None = None
    spaces: list[dict[str, Any]] | None = None
