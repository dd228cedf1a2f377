"""Runs a graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Self

from onnlu_engine.context import ExecutionContext
from onnlu_engine.hooks import GraphNodeHook
from onnlu_engine.node import GraphNode
from onnlu_engine.plan import Plans
from onnlu_engine.schema import GraphSchema
from onnlu_engine.storage import ModelStorage


class GraphRunner(ABC):
    """Builds the nodes of a schema and runs them."""

    @classmethod
    @abstractmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> Self:
        """Build a runner and every node of the schema; eager components are loaded now.

        Args:
            graph_schema: the graph to run.
            model_storage: where components persist and load themselves.
            execution_context: facts of this graph run.
            hooks: called around each node.
        """

    @abstractmethod
    def run(
        self, inputs: Mapping[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        """Run what the targets need, each node once.

        Args:
            inputs: placeholder, such as `__message__`, to its value. Values are just values: a
                text that is also the name of a node means nothing.
            targets: names of nodes; by default (None or empty) the schema's targets.

        Returns:
            Target name to output.
        """


CreateRunner = Callable[..., GraphRunner]
"""Creates a runner; takes what `GraphRunner.create` takes."""


class SequentialGraphRunner(GraphRunner):
    """Runs one node after the other in the calling thread.

    Order and wiring are planned once for each set of targets. An output is let go when no later
    node needs it. Threads may share a runner, provided that its components may be shared.
    """

    def __init__(
        self,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> None:
        self._plans = Plans(graph_schema)  # fails before any component is loaded
        self._runs = {
            name: GraphNode.from_schema_node(
                name, node, model_storage, execution_context, hooks
            ).run
            for name, node in graph_schema.nodes.items()
        }

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> Self:
        """Build a runner and every node of the schema; eager components are loaded now.

        Raises:
            GraphSchemaException: nodes need each other in a cycle, a parent is neither a node
                nor a placeholder, or a class lacks a method.
            OnnluException: as an eager component raised it.
            GraphComponentException: an eager component raised another error.
        """
        return cls(graph_schema, model_storage, execution_context, hooks)

    def run(
        self, inputs: Mapping[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        """Run what the targets need, each node once.

        Raises:
            GraphRunError: a target is unknown, a placeholder that a node needs is not among the
                inputs, or an input has the name of a node.
            OnnluException: as a component raised it.
            GraphComponentException: a component raised another error, or a hook any.
        """
        outputs = dict(inputs or {})
        plan, runs = self._plans.plan(outputs, targets), self._runs
        for name, needs, drops in plan.steps:
            outputs[name] = runs[name](**{key: outputs[parent] for key, parent in needs})
            for parent in drops:
                del outputs[parent]
        return {target: outputs[target] for target in plan.targets}
