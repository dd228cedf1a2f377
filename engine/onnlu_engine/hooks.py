"""What may be run around every node of a graph."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from onnlu_engine.context import ExecutionContext
from onnlu_engine.errors import GraphComponentException

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KnownOutput:
    """What a hook knows a node to give; None may be a value too."""

    value: Any


class GraphNodeHook(ABC):
    """Is called before and after a node runs, in the process that asked for the run.

    A hook whose `on_before_node` returned is called once more: `on_after_node` if the node came to
    its end, `on_node_restored` if it did not have to run, else `on_node_error`. What any but the
    last raises ends the run as a `GraphComponentException` naming hook and node.
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
            Data for this hook's `on_after_node`, or `on_node_error`.
        """

    def known_output(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        input_hook_data: dict[str, Any],
    ) -> KnownOutput | None:
        """Say what the node would give, so that it need not run; the first hook that knows counts.

        Args:
            node_name: the node that is about to run.
            execution_context: facts of this graph run.
            config: the node's config, defaults included.
            input_hook_data: what this hook's `on_before_node` returned.
        """
        return None

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

    def on_node_restored(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        output: Any,
        input_hook_data: dict[str, Any],
    ) -> None:
        """Run where a hook knew the output and the node did not run; by default `on_after_node`.

        Args:
            node_name: the node.
            execution_context: facts of this graph run.
            config: the node's config, defaults included.
            output: what the hook knew.
            input_hook_data: what this hook's `on_before_node` returned.
        """
        self.on_after_node(node_name, execution_context, config, output, input_hook_data)

    def on_node_error(  # noqa: B027  # a hook need not care
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        error: BaseException,
        input_hook_data: dict[str, Any],
    ) -> None:
        """Run where the node failed, was interrupted, or another of its hooks failed.

        The error goes on to the caller of the run. What this method raises is only warned of.

        Args:
            node_name: the node that has failed.
            execution_context: facts of this graph run.
            config: the node's config, defaults included.
            error: as the caller gets it; a `KeyboardInterrupt` for a node that was interrupted.
            input_hook_data: what this hook's `on_before_node` returned.
        """


class HookCalls:
    """The calls of some hooks around one run of a node.

    Args:
        hooks: called in this order.
        node_name: the node.
        execution_context: facts of this graph run.
        config: the node's config, defaults included.
    """

    def __init__(
        self,
        hooks: Sequence[GraphNodeHook],
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
    ) -> None:
        self._hooks = hooks
        self._node_name = node_name
        self._facts = (node_name, execution_context, config)
        self._open: list[tuple[GraphNodeHook, dict[str, Any]]] = []
        self._is_known = False

    def before(self, inputs: dict[str, Any]) -> None:
        """Call them before the node runs.

        Raises:
            GraphComponentException: a hook failed; `failed` is to be called then too.
        """
        for hook in self._hooks:
            with self._named_errors(hook):
                self._open.append((hook, hook.on_before_node(*self._facts, inputs)))

    def known_output(self) -> KnownOutput | None:
        """Return what the first hook that knows it says of the node's output.

        Raises:
            GraphComponentException: a hook failed; `failed` is to be called then too.
        """
        for hook, data in self._open:
            with self._named_errors(hook):
                known = hook.known_output(*self._facts, data)
                if known is not None:
                    self._is_known = True
                    return known
        return None

    def after(self, output: Any) -> None:
        """Call them with what the node returned, or what a hook knew.

        Raises:
            GraphComponentException: a hook failed; `failed` is to be called then too.
        """
        while self._open:
            hook, data = self._open.pop(0)
            with self._named_errors(hook):
                tell = hook.on_node_restored if self._is_known else hook.on_after_node
                tell(*self._facts, output, data)

    def failed(self, error: BaseException) -> None:
        """Tell those that still wait for the node's end why there is none."""
        while self._open:
            hook, data = self._open.pop(0)
            try:
                hook.on_node_error(*self._facts, error, data)
            except Exception as problem:
                logger.warning(
                    "Hook %s failed at the failed node '%s' with %s: %s",
                    *(type(hook).__name__, self._node_name, type(problem).__name__, problem),
                )

    @contextmanager
    def _named_errors(self, hook: GraphNodeHook) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise GraphComponentException(
                f"Hook {type(hook).__name__} failed at node '{self._node_name}' with "
                f"{type(error).__name__}: {error}"
            ) from error
