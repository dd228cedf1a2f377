"""Builds and runs one component of a graph."""

from __future__ import annotations

import copy
import inspect
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Self

from onnlu_engine.component import GraphComponent
from onnlu_engine.context import ExecutionContext
from onnlu_engine.errors import (
    GraphComponentException,
    GraphRunError,
    GraphSchemaException,
    InvalidConfigException,
    OnnluException,
    did_you_mean,
)
from onnlu_engine.hooks import GraphNodeHook, HookCalls
from onnlu_engine.methods import public_method, public_method_names
from onnlu_engine.resource import Resource
from onnlu_engine.schema import SchemaNode
from onnlu_engine.storage import ModelStorage

logger = logging.getLogger(__name__)

_GIVEN_BY_NODE = {"config", "model_storage", "execution_context"}


def merged_config(
    component_class: type[GraphComponent], user_config: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a component's default config, overridden by the user's.

    Where a default is a mapping, the user's mapping is merged into it, one level deep; as in
    Rasa 3.6. The result shares no mapping and no list with either.

    Args:
        component_class: has the defaults.
        user_config: need not hold every key.

    Raises:
        InvalidConfigException: a default is a mapping and the user's value is none.
    """
    config = copy.deepcopy(component_class.default_config_for(user_config))
    for key, value in user_config.items():
        default = config.get(key)
        if not isinstance(default, dict):
            config[key] = _copied(value)
        elif isinstance(value, Mapping):
            default.update(_copied(value))
        else:
            raise InvalidConfigException(
                f"{component_class.__name__}: '{key}' must be a mapping such as {default}, "
                f"not {value!r}. Leave the key out to keep the default."
            )
    return config


class GraphNode:
    """Wraps a component so that it runs as part of a graph.

    An eager node builds its component at once and keeps it; a lazy one builds a new component
    each time it runs. In a lazy node, parent outputs whose parameter the constructor names go to
    the constructor, and to the constructor only; all others go to the run method (as Rasa 3.6).

    Args:
        node_name: the name of the node in the schema.
        component_class: the class to build and run.
        constructor_name: its class method that builds the component.
        component_config: the user's config; the defaults are merged in here.
        fn_name: the method that runs when the node does.
        inputs: parameter name to the parent node that fills it.
        eager: build the component now.
        model_storage: where the component persists itself.
        resource: where the component was persisted; by default the resource that a parent
            passes to the constructor, else one named after the node.
        execution_context: facts of this graph run; the node keeps a copy that names it.
        hooks: called before and after each run, in this order.

    Raises:
        GraphSchemaException: the class lacks the constructor or the run method.
        InvalidConfigException: the config does not fit the component.
        GraphComponentException: building an eager component raised anything but an
            `OnnluException`, which passes unchanged.
    """

    def __init__(
        self,
        node_name: str,
        component_class: type[GraphComponent],
        constructor_name: str,
        component_config: dict[str, Any],
        fn_name: str,
        inputs: dict[str, str],
        eager: bool,
        model_storage: ModelStorage,
        resource: Resource | None,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> None:
        self._node_name = node_name
        self._constructor = _public_method(node_name, component_class, constructor_name)
        _public_method(node_name, component_class, fn_name)
        self._fn_name = fn_name
        self._inputs = dict(inputs)
        self._model_storage = model_storage
        self._resource = resource
        self._execution_context = replace(execution_context, node_name=node_name)
        self._hooks = list(hooks or [])
        self._component_name = component_class.__name__
        self._eager_fn: Callable[..., Any] | None = None
        self._constructor_inputs: set[str] = set()
        try:
            self._config = merged_config(component_class, component_config)
            if eager:
                self._eager_fn = getattr(self._built_component({}), fn_name)
        except Exception as error:
            self._wrap(error)
            raise
        if not eager:
            accepted = inspect.signature(self._constructor).parameters.keys() - _GIVEN_BY_NODE
            self._constructor_inputs = accepted & self._inputs.keys()

    @classmethod
    def from_schema_node(
        cls,
        node_name: str,
        schema_node: SchemaNode,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> Self:
        """Build the node that a schema describes; for arguments and errors see the class."""
        return cls(
            node_name=node_name,
            component_class=schema_node.uses,
            constructor_name=schema_node.constructor_name,
            component_config=schema_node.config,
            fn_name=schema_node.fn,
            inputs=schema_node.needs,
            eager=schema_node.eager,
            model_storage=model_storage,
            resource=schema_node.resource,
            execution_context=execution_context,
            hooks=hooks,
        )

    def __call__(self, *inputs_from_previous_nodes: tuple[str, Any] | str) -> tuple[str, Any]:
        """Run on the outputs of the parent nodes.

        Args:
            inputs_from_previous_nodes: `(node name, output)` of each parent; the bare name of one
                that had no output.

        Returns:
            This node's name and its output.

        Raises:
            GraphRunError: an output that the node needs is not there.
            OnnluException: as the component raised it.
            GraphComponentException: the component raised another error, or a hook any.
        """
        received: dict[str, Any] = {}
        for item in inputs_from_previous_nodes:
            if isinstance(item, str):
                logger.warning("Node '%s': parent '%s' has no output.", self._node_name, item)
            else:
                received[item[0]] = item[1]
        inputs = {}
        for parameter, parent in self._inputs.items():
            if parent not in received:
                raise missing_input(self._node_name, parent, parameter)
            inputs[parameter] = received[parent]
        return self._node_name, self.run(**inputs)

    def run(self, /, **inputs: Any) -> Any:
        """Run on inputs by parameter name: what a planned run calls, without checks.

        Returns:
            The output of the component's run method.

        Raises:
            OnnluException: as `__call__`.
        """
        if self._hooks:
            return self._output_between_hooks(inputs)
        return self._output(inputs)

    def hook_calls(self) -> HookCalls:
        """Return the calls of this node's hooks, for one run."""
        return HookCalls(self._hooks, self._node_name, self._execution_context, self._config)

    def _output_between_hooks(self, inputs: dict[str, Any]) -> Any:
        calls = self.hook_calls()
        try:
            calls.before(inputs)
            known = calls.known_output()
            output = self._output(inputs) if known is None else known.value
            calls.after(output)
        except BaseException as error:
            calls.failed(error)
            raise
        return output

    def _output(self, inputs: dict[str, Any]) -> Any:
        try:
            if self._eager_fn is not None:
                return self._eager_fn(**inputs)
            for_constructor = {name: inputs[name] for name in self._constructor_inputs}
            for_fn = {name: value for name, value in inputs.items() if name not in for_constructor}
            return getattr(self._built_component(for_constructor), self._fn_name)(**for_fn)
        except Exception as error:
            self._wrap(error)
            raise

    def _wrap(self, error: Exception) -> None:
        """Log an error of ours, which then passes as it is; raise another as ours."""
        if isinstance(error, InvalidConfigException):
            return
        if not isinstance(error, OnnluException):
            raise GraphComponentException(
                f"Node '{self._node_name}': component {self._component_name} failed with "
                f"{type(error).__name__}: {error}"
            ) from error
        # No error yet: the caller gets the exception, and may know how to go on.
        logger.info("Node '%s' (%s) failed.", self._node_name, self._component_name)

    def _built_component(self, inputs: dict[str, Any]) -> Any:
        resource = inputs.pop("resource", None) or self._resource or Resource(self._node_name)
        return self._constructor(
            config=_copied(self._config),
            model_storage=self._model_storage,
            resource=resource,
            execution_context=self._execution_context,
            **inputs,
        )


def missing_input(node: str, parent: str, parameter: str) -> GraphRunError:
    """Return the error of a node that lacks what a parent should give it."""
    remedy = "Pass it as an input of the run." if parent.startswith("__") else "Run it first."
    return GraphRunError(
        f"Node '{node}' needs the output of '{parent}' for its parameter '{parameter}', "
        f"and there is none. {remedy}"
    )


def _copied(value: Any) -> Any:
    """Copy mappings and lists; whatever else a config holds, such as a large output, is shared."""
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value


def _public_method(node: str, component_class: type[GraphComponent], name: str) -> Any:
    """Return a public method of the class; private ones are no business of a schema."""
    method = public_method(component_class, name)
    if method is None:
        raise GraphSchemaException(
            f"Node '{node}': {component_class.__name__} has no method '{name}'. "
            f"{did_you_mean(name, public_method_names(component_class))}"
        )
    return method
