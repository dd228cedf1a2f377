"""Rule 12: what a component requires stands before it."""

from __future__ import annotations

from collections.abc import Iterator

from onnlu_engine.component import GraphComponent
from onnlu_engine.validation.graph import Graph, Problem, listed
from onnlu_engine.validation.needs import missing_needs


def required_components_are_there(graph: Graph) -> Iterator[Problem]:
    """Among the ancestors of a node is a component of each type that its own requires.

    Where a parent is missing or is no component, nobody knows what would stand before it: a node
    after it is not blamed for what only it lacks.
    """
    required = {
        node.uses: tuple(node.uses.required_components()) for node in graph.components.values()
    }
    kinds = {kind: _of_kind(graph, kind) for kind in {k for ks in required.values() for k in ks}}
    unknown = _unknown(graph)
    after = {kind: graph.after([*names, *unknown]) for kind, names in kinds.items()}
    for name, node in graph.components.items():
        for kind in required[node.uses]:
            if name in after[kind] or name in unknown:
                continue
            others = [other for other in kinds[kind] if other != name]
            remedy = f"Let the node follow {listed(others)}." if others else "Add one."
            yield graph.problem(
                name,
                f"{node.uses.__name__} requires {kind.__name__} before it, and no ancestor of the "
                f"node is one. {remedy}",
            )


def _unknown(graph: Graph) -> set[str]:
    """Return the nodes that are no components, or lack a parent."""
    return {
        name
        for name, node in graph.schema.nodes.items()
        if name not in graph.components
        or any(missing_needs(graph, node))
        or not all(map(graph.has_parent, node.needs.values()))
    }


def _of_kind(graph: Graph, kind: type[GraphComponent]) -> list[str]:
    return [name for name, node in graph.components.items() if issubclass(node.uses, kind)]
