"""Components that are trained already when a fit goes on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Self

from onnlu_engine import ExecutionContext, GraphComponent, ModelStorage, Resource
from onnlu_engine.hooks import GraphNodeHook
from onnlu_engine.schema import GraphSchema

TRAIN = "train"


class AlreadyTrained(GraphComponent):
    """Stands for a train node whose resource is there."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build the stand-in of its node."""
        return cls(resource)

    def provide(self) -> Resource:
        """Return what the node persisted before."""
        return self._resource


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
        if node_name in self._train_nodes:
            self._finished.append(node_name)


def without_training(schema: GraphSchema, finished: Collection[str]) -> GraphSchema:
    """Return a train graph in which finished nodes hand on what they persisted before."""
    return GraphSchema(
        {
            name: replace(node, uses=AlreadyTrained, needs={}, fn="provide", config={})
            if name in finished
            else node
            for name, node in schema.nodes.items()
        }
    )
