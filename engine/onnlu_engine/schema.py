"""The description of a graph: its nodes, and what each needs from which other."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from onnlu_engine.component import GraphComponent
from onnlu_engine.errors import GraphSchemaException, did_you_mean
from onnlu_engine.registry import ComponentRegistry
from onnlu_engine.resource import Resource


@dataclass
class SchemaNode:
    """One node of a graph.

    Attributes:
        needs: parameter of `fn` (or of the constructor, in a lazy node) to the parent node whose
            output fills it.
        uses: the component's class.
        constructor_name: class method that builds the component.
        fn: method that runs when the node does.
        config: the user's config; defaults are filled in by the node.
        eager: build the component with the graph (serving), not when the node runs (training).
        is_target: never pruned from a graph, though a cached output may replace it.
        is_input: runs even when only fingerprints are computed, to notice changed files.
        resource: load the component from this resource.
    """

    needs: dict[str, str]
    uses: type[GraphComponent]
    constructor_name: str
    fn: str
    config: dict[str, Any]
    eager: bool = False
    is_target: bool = False
    is_input: bool = False
    resource: Resource | None = None


@dataclass
class GraphSchema:
    """A graph that trains a model or predicts with it.

    Attributes:
        nodes: by name; their order is kept.
    """

    nodes: dict[str, SchemaNode]

    def as_dict(self, registry: ComponentRegistry | None = None) -> dict[str, Any]:
        """Return the schema in types that JSON has, provided the configs are such.

        Args:
            registry: knows the names of the components; by default the installed ones.

        Raises:
            GraphSchemaException: a component is not registered.
        """
        registry = registry or ComponentRegistry()
        return {"nodes": {name: _node_dict(name, n, registry) for name, n in self.nodes.items()}}

    @classmethod
    def from_dict(
        cls, serialized_graph_schema: Mapping[str, Any], registry: ComponentRegistry | None = None
    ) -> GraphSchema:
        """Read what `as_dict` returned; the argument is left as it is.

        Args:
            serialized_graph_schema: `{"nodes": {name: {...}}}`. Keys of a node may be absent
                where `SchemaNode` has a default.
            registry: resolves the components' names; by default the installed ones.

        Raises:
            GraphSchemaException: a component is unknown, or a key is missing, unknown or of the
                wrong type.
        """
        registry = registry or ComponentRegistry()
        _check_type("Graph schema", "the whole", serialized_graph_schema, Mapping, "a mapping")
        _check_keys("Graph schema", serialized_graph_schema, ["nodes"], ["nodes"])
        nodes = serialized_graph_schema["nodes"]
        _check_type("Graph schema", "nodes", nodes, Mapping, "a mapping")
        return cls({name: _node(name, node, registry) for name, node in nodes.items()})

    @property
    def target_names(self) -> list[str]:
        """Names of the nodes marked as targets, in order."""
        return [name for name, node in self.nodes.items() if node.is_target]

    def minimal_graph_schema(self, targets: list[str] | None = None) -> GraphSchema:
        """Return the schema of the targets and everything they need, in the same order.

        Args:
            targets: names of nodes; by default (None or empty) the schema's own targets. A name
                that is no node is skipped, as parents are that only a run can provide.
        """
        reached: set[str] = set()
        pending = list(targets or self.target_names)
        while pending:
            name = pending.pop()
            if name in self.nodes and name not in reached:
                reached.add(name)
                pending.extend(self.nodes[name].needs.values())
        return GraphSchema({name: node for name, node in self.nodes.items() if name in reached})


def is_placeholder(name: str) -> bool:
    """Whether a parent's name stands for an input of the run, such as `__message__`."""
    return len(name) > 4 and name.startswith("__") and name.endswith("__")


_FIELDS = [field.name for field in fields(SchemaNode)]
_REQUIRED = [field.name for field in fields(SchemaNode) if field.default is MISSING]
_TEXT = (str, "a text")
_BOOLEAN = (bool, "true or false")
_TYPES: dict[str, tuple[type, str]] = {
    "needs": (Mapping, "a mapping"),
    "uses": _TEXT,
    "constructor_name": _TEXT,
    "fn": _TEXT,
    "config": (Mapping, "a mapping"),
    "eager": _BOOLEAN,
    "is_target": _BOOLEAN,
    "is_input": _BOOLEAN,
}
_RESOURCE_FIELDS = [field.name for field in fields(Resource)]


def _node_dict(name: str, node: SchemaNode, registry: ComponentRegistry) -> dict[str, Any]:
    serialized = {field: copy.deepcopy(getattr(node, field)) for field in _FIELDS}
    try:
        serialized["uses"] = registry.name_of(node.uses)
    except GraphSchemaException as error:
        raise GraphSchemaException(f"Node '{name}': {error}") from error
    if node.resource is not None:
        serialized["resource"] = {
            field: getattr(node.resource, field) for field in _RESOURCE_FIELDS
        }
    return serialized


def _node(name: str, serialized: Any, registry: ComponentRegistry) -> SchemaNode:
    where = f"Node '{name}'"
    _check_type(where, "the whole", serialized, Mapping, "a mapping")
    _check_keys(where, serialized, _REQUIRED, _FIELDS)
    for key, (kind, description) in _TYPES.items():
        if key in serialized:
            _check_type(where, key, serialized[key], kind, description)
    for parameter, parent in serialized["needs"].items():
        _check_type(where, f"needs.{parameter}", parent, str, "the name of a node")
    values = copy.deepcopy(dict(serialized))
    try:
        values["uses"] = registry.resolve(values["uses"])
    except GraphSchemaException as error:
        raise GraphSchemaException(f"{where}: {error}") from error
    values["resource"] = _resource(where, values.get("resource"))
    return SchemaNode(**values)


def _resource(where: str, serialized: Any) -> Resource | None:
    if serialized is None:
        return None
    where = f"{where}, key 'resource'"
    _check_type(where, "the whole", serialized, Mapping, "a mapping or null")
    _check_keys(where, serialized, _RESOURCE_FIELDS, _RESOURCE_FIELDS)
    for key in _RESOURCE_FIELDS:
        _check_type(where, key, serialized[key], str, "a text")
    return Resource(**serialized)


def _check_keys(
    where: str, given: Mapping[str, Any], required: list[str], known: list[str]
) -> None:
    for key in required:
        if key not in given:
            raise GraphSchemaException(f"{where}: key '{key}' is missing. Add it.")
    for key in given:
        if key not in known:
            raise GraphSchemaException(
                f"{where}: key '{key}' is unknown. {did_you_mean(str(key), known)}"
            )


def _check_type(where: str, key: str, value: Any, kind: type, description: str) -> None:
    if not isinstance(value, kind):
        raise GraphSchemaException(
            f"{where}: '{key}' must be {description}, not {type(value).__name__}."
        )
