"""What feeds the graphs of a recipe, and what comes out of them."""

from __future__ import annotations

from typing import Final

from onnlu.message import Message
from onnlu_engine.validation import GraphInterface
from onnlu_train.data.held_out import ImporterWithValidation
from onnlu_train.recipe.placeholders import IMPORTER, MESSAGE

INTERFACE: Final = GraphInterface(
    train_inputs={IMPORTER: ImporterWithValidation},
    predict_inputs={MESSAGE: list[Message]},
    nlu_output=list[Message],
)
"""The training data, and messages before and after they are parsed."""
