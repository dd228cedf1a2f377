"""What may be run around every node of a graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from onnlu_engine.context import ExecutionContext


class GraphNodeHook(ABC):
    """Is called before and after a node runs.

    Whatever a hook raises ends the run as a `GraphComponentException` naming hook and node.
    """

    @abstractmethod
    def on_before_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        received_inputs: dict[str, Any],
    ) -> dict[str, Any]:
        """Run before the node's component is built (if it is lazy) and runs.

        Args:
            node_name: the node that is about to run.
            execution_context: facts of this graph run.
            config: the node's config, defaults included.
            received_inputs: parameter name to value, from the parent nodes.

        Returns:
            Data for this hook's `on_after_node`.
        """

    @abstractmethod
    def on_after_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        output: Any,
        input_hook_data: dict[str, Any],
    ) -> None:
        """Run after the node has run; a node that failed gets no such call.

        Args:
            node_name: the node that has run.
            execution_context: facts of this graph run.
            config: the node's config, defaults included.
            output: what the node returned.
            input_hook_data: what this hook's `on_before_node` returned.
        """
