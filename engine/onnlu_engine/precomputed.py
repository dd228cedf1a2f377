"""A stand-in for a node whose output is known."""

from __future__ import annotations

from typing import Any, Self

from onnlu_engine.component import GraphComponent
from onnlu_engine.context import ExecutionContext
from onnlu_engine.resource import Resource
from onnlu_engine.schema import SchemaNode
from onnlu_engine.storage import ModelStorage


class PrecomputedValueProvider(GraphComponent):
    """Hands on an output that is known, which is its only option: `output`."""

    def __init__(self, output: Any) -> None:
        self._output = output

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build it with its output."""
        return cls(config["output"])

    def get_value(self) -> Any:
        """Return the output."""
        return self._output


def standing_in(node: SchemaNode, output: Any) -> SchemaNode:
    """Return a node that hands on what another one would give; it needs nothing."""
    return SchemaNode(
        needs={},
        uses=PrecomputedValueProvider,
        constructor_name="create",
        fn="get_value",
        config={"output": output},
        is_target=node.is_target,
        is_input=node.is_input,
    )
