"""Rules 1 and 2: every need has a parent, nothing needs itself, and every node is a component."""

from __future__ import annotations

from collections.abc import Iterator

from onnlu_engine.errors import did_you_mean
from onnlu_engine.plan import cycle_problem, parents_first
from onnlu_engine.schema import is_placeholder
from onnlu_engine.validation.graph import Graph, Problem, is_component


def parents_exist(graph: Graph) -> Iterator[Problem]:
    """Every parent is a node, or a placeholder that a run of this graph fills."""
    for name, node in graph.schema.nodes.items():
        for parameter, parent in node.needs.items():
            if graph.has_parent(parent):
                continue
            if is_placeholder(parent):
                what, known = f"no run of the {graph.name} graph gives it", [*graph.inputs]
            else:
                what, known = "there is no such node", [*graph.schema.nodes, *graph.inputs]
            yield graph.problem(
                name, f"needs '{parent}', and {what}. {did_you_mean(parent, known)}", parameter
            )


def no_cycles(graph: Graph) -> Iterator[Problem]:
    """No node needs itself, through whatever others; also where no target needs it."""
    nodes = graph.schema.nodes

    def parents(name: str) -> Iterator[str]:
        return (parent for parent in dict.fromkeys(nodes[name].needs.values()) if parent in nodes)

    cycles: list[list[str]] = []
    parents_first(nodes, parents, cycles.append)
    for cycle in cycles:
        yield graph.problem(None, cycle_problem(cycle))


def nodes_are_components(graph: Graph) -> Iterator[Problem]:
    """Every node uses a class that is a `GraphComponent`."""
    for name, node in graph.schema.nodes.items():
        if not is_component(node.uses):
            used = getattr(node.uses, "__name__", repr(node.uses))
            yield graph.problem(
                name,
                f"uses {used}, which is no component. "
                "Derive the class from onnlu_engine.GraphComponent.",
            )
