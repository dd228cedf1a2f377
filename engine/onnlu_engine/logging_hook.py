"""What a run writes to the log."""

from __future__ import annotations

import logging
import time
from typing import Any

from onnlu_engine.context import ExecutionContext
from onnlu_engine.hooks import GraphNodeHook
from onnlu_engine.schema import GraphSchema

logger = logging.getLogger(__name__)


class LoggingHook(GraphNodeHook):
    """Logs when nodes start, how long they took, and which failed.

    What trains is logged at the level INFO, as in Rasa 3.6: targets that are no inputs. All else
    is at DEBUG; a failure is at INFO, for the error itself goes on to the caller.

    Args:
        schema: the graph that runs. A node that has another component there than in the full
            graph of the context is one whose output was restored.
    """

    def __init__(self, schema: GraphSchema) -> None:
        self._schema = schema

    def on_before_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        received_inputs: dict[str, Any],
    ) -> dict[str, Any]:
        """Log the start of a node."""
        if not self._is_restored(node_name, execution_context):
            logger.log(_level(node_name, execution_context), "Node '%s' started.", node_name)
        return {"begin": time.perf_counter()}

    def on_after_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        output: Any,
        input_hook_data: dict[str, Any],
    ) -> None:
        """Log the end of a node."""
        if self._is_restored(node_name, execution_context):
            self.on_node_restored(node_name, execution_context, config, output, input_hook_data)
            return
        level, seconds = _level(node_name, execution_context), _since(input_hook_data)
        logger.log(level, "Node '%s' finished in %.1f s.", node_name, seconds)

    def on_node_restored(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        output: Any,
        input_hook_data: dict[str, Any],
    ) -> None:
        """Log that there was nothing to do."""
        logger.log(_level(node_name, execution_context), "Node '%s' restored.", node_name)

    def on_node_error(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        error: BaseException,
        input_hook_data: dict[str, Any],
    ) -> None:
        """Log a failure."""
        facts = (_since(input_hook_data), type(error).__name__, error)
        logger.info("Node '%s' failed after %.1f s: %s: %s", node_name, *facts)

    def _is_restored(self, node_name: str, execution_context: ExecutionContext) -> bool:
        whole = execution_context.graph_schema.nodes[node_name]
        return self._schema.nodes[node_name].uses is not whole.uses


def _level(node_name: str, execution_context: ExecutionContext) -> int:
    node = execution_context.graph_schema.nodes[node_name]
    return logging.INFO if node.is_target and not node.is_input else logging.DEBUG


def _since(input_hook_data: dict[str, Any]) -> float:
    seconds: float = time.perf_counter() - input_hook_data["begin"]
    return seconds
