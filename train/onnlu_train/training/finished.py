"""Which nodes of a train graph are done, so that a fit need not train them again."""

from __future__ import annotations

from typing import Any

from onnlu_engine import ExecutionContext
from onnlu_engine.hooks import GraphNodeHook
from onnlu_engine.schema import GraphSchema

TRAIN = "train"


class FinishedNodes(GraphNodeHook):
    """Notes which train nodes are done.

    Args:
        schema: the train graph.
        finished: takes their names.
    """

    def __init__(self, schema: GraphSchema, finished: list[str]) -> None:
        self._train_nodes = {name for name, node in schema.nodes.items() if node.fn == TRAIN}
        self._finished = finished

    def on_before_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        received_inputs: dict[str, Any],
    ) -> dict[str, Any]:
        """Do nothing."""
        return {}

    def on_after_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        output: Any,
        input_hook_data: dict[str, Any],
    ) -> None:
        """Note a train node."""
        if node_name in self._train_nodes and node_name not in self._finished:
            self._finished.append(node_name)
