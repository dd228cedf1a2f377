"""Facts of one graph run that every component is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onnlu_engine.schema import GraphSchema


@dataclass(slots=True)
class ExecutionContext:
    """Holds information about a single graph run.

    Attributes:
        graph_schema: the full schema, unpruned.
        model_id: the model being served; None in training.
        should_add_diagnostic_data: components attach diagnostics to messages.
        is_finetuning: components extend what they learnt before.
        node_name: the node that holds this copy.
        settings: what the caller decided for this process, such as device and threads.
    """

    graph_schema: GraphSchema = field(repr=False)
    model_id: str | None = None
    should_add_diagnostic_data: bool = False
    is_finetuning: bool = False
    node_name: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
