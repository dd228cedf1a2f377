"""How long the nodes of a run took."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from onnlu_engine.context import ExecutionContext
from onnlu_engine.hooks import GraphNodeHook


class NodeTimes(GraphNodeHook):
    """Times every node that comes to its end.

    Args:
        clock: the time in seconds.

    Attributes:
        seconds: by node, in the order in which they ended. Of a node that ran on another machine,
            the time to send what it needs and to fetch what it made is part of it.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.seconds: dict[str, float] = {}

    def on_before_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        received_inputs: dict[str, Any],
    ) -> dict[str, Any]:
        """Note the time."""
        return {"begin": self._clock()}

    def on_after_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        output: Any,
        input_hook_data: dict[str, Any],
    ) -> None:
        """Note how long the node took."""
        self.seconds[node_name] = self._clock() - input_hook_data["begin"]
