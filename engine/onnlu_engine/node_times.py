"""How long the nodes of a run took."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from onnlu_engine.context import ExecutionContext
from onnlu_engine.hooks import GraphNodeHook


class TimingHook(GraphNodeHook):
    """Is told of each node that came to its end, with the time that it took.

    Args:
        clock: the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock

    @abstractmethod
    def node_ended(self, node_name: str, seconds: float) -> None:
        """Take note of a node.

        Args:
            node_name: the node.
            seconds: what it took. Of one that ran on another machine, the time to send what it
                needs and to fetch what it made is part of it.
        """

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
        """Tell how long the node took."""
        self.node_ended(node_name, self._clock() - input_hook_data["begin"])


class NodeTimes(TimingHook):
    """Keeps the times.

    Args:
        clock: the time in seconds.

    Attributes:
        seconds: by node, in the order in which they ended.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        super().__init__(clock)
        self.seconds: dict[str, float] = {}

    def node_ended(self, node_name: str, seconds: float) -> None:
        """Note how long a node took."""
        self.seconds[node_name] = seconds
