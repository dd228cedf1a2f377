"""What a run gives to the graphs of a model, and what it takes from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GraphInterface:
    """Types at the borders of the graphs: the recipe knows them, the engine does not.

    Attributes:
        train_inputs: placeholder of the train graph, such as `__importer__`, to its type.
        predict_inputs: placeholder of the predict graph, such as `__message__`, to its type.
        nlu_output: what the target that parses messages returns.
        core_output: what the target that predicts actions returns.
    """

    train_inputs: Mapping[str, Any] = field(default_factory=dict)
    predict_inputs: Mapping[str, Any] = field(default_factory=dict)
    nlu_output: Any = Any
    core_output: Any = Any
