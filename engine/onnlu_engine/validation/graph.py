"""A graph as the rules see it, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from onnlu_engine.component import GraphComponent
from onnlu_engine.context import ExecutionContext
from onnlu_engine.resource import Resource
from onnlu_engine.schema import GraphSchema, SchemaNode
from onnlu_engine.storage import ModelStorage
from onnlu_engine.validation.signatures import Signature

GIVEN: Final[Mapping[str, Any]] = {
    "config": dict[str, Any],
    "model_storage": ModelStorage,
    "resource": Resource,
    "execution_context": ExecutionContext,
}
"""What a node gives to every constructor: the parameters with their types."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a graph.

    Attributes:
        graph: "train" or "predict".
        node: where; None if it is no matter of one node.
        parameter: of the node's method; None if it is no matter of one parameter.
        message: what was expected, what was found, and what to do.
    """

    graph: str
    node: str | None
    parameter: str | None
    message: str

    def __str__(self) -> str:
        place = [f"{self.graph} graph"]
        if self.node is not None:
            place.append(f"node '{self.node}'")
        if self.parameter is not None:
            place.append(f"parameter '{self.parameter}'")
        return f"{', '.join(place)}: {self.message}"


@dataclass(frozen=True)
class Graph:
    """One of a model's two graphs.

    Attributes:
        name: "train" or "predict".
        schema: its nodes.
        inputs: placeholder to the type of what a run gives for it.
        signature: reads a method of a component, given whether it is called on an instance; None
            where there is no such method. Reads each once.
    """

    name: str
    schema: GraphSchema
    inputs: Mapping[str, Any]
    signature: Callable[[type, str, bool], Signature | None]

    @cached_property
    def components(self) -> dict[str, SchemaNode]:
        """The nodes that use a component; no rule but one has to do with any other."""
        return {name: n for name, n in self.schema.nodes.items() if is_component(n.uses)}

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """Each parent that some node needs, with these nodes."""
        children: dict[str, list[str]] = {}
        for name, node in self.schema.nodes.items():
            for parent in node.needs.values():
                children.setdefault(parent, []).append(name)
        return children

    def after(self, names: Iterable[str]) -> set[str]:
        """Return all nodes that have one of some nodes among their ancestors."""
        reached: set[str] = set()
        pending = list(names)
        while pending:
            for child in self.children.get(pending.pop(), ()):
                if child not in reached:
                    reached.add(child)
                    pending.append(child)
        return reached

    def has_parent(self, name: str) -> bool:
        """Return whether there is such a node, or a run of this graph fills such a placeholder."""
        return name in self.schema.nodes or name in self.inputs

    def run_method(self, node: SchemaNode) -> Signature | None:
        """Return the method that runs when a node does; None if it is not there."""
        return self.signature(node.uses, node.fn, True) if is_component(node.uses) else None

    def constructor(self, node: SchemaNode) -> Signature | None:
        """Return the class method that builds a node's component; None if there is none."""
        method = self.signature(node.uses, node.constructor_name, False)
        return None if method is None or method.needs_instance else method

    def receiver(self, node: SchemaNode, parameter: str) -> Signature | None:
        """Return the method to which a parent's output goes; None if it is not there."""
        constructor = None if node.eager else self.constructor(node)
        # A resource is what a parent may give in the node's place.
        given = parameter in GIVEN and parameter != "resource"
        if constructor and not given and parameter in constructor.parameters:
            return constructor
        return self.run_method(node)

    def methods(self, node: SchemaNode) -> Iterator[Signature]:
        """Yield the constructor and the run method of a node, those that are there."""
        for method in (self.constructor(node), self.run_method(node)):
            if method is not None:
                yield method

    def problem(self, node: str | None, message: str, parameter: str | None = None) -> Problem:
        """Return a problem of this graph."""
        return Problem(self.name, node, parameter, message)


def is_component(uses: Any) -> bool:
    """Return whether a node can use this."""
    return isinstance(uses, type) and issubclass(uses, GraphComponent)


def listed(names: Sequence[str]) -> str:
    """Return names of nodes to choose from, three at most.

    >>> listed(["a", "b", "c", "d"])
    "'a' or 'b' or 'c' or another 1"
    """
    more = [f"another {len(names) - 3}"] if len(names) > 3 else []
    return " or ".join([*(f"'{name}'" for name in names[:3]), *more])
