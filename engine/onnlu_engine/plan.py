"""In which order the nodes of a graph run, and what each takes from which other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from onnlu_engine.errors import GraphRunError, GraphSchemaException, did_you_mean
from onnlu_engine.node import missing_input
from onnlu_engine.schema import GraphSchema, is_placeholder


class Step(NamedTuple):
    """One node of a plan.

    Attributes:
        name: the node.
        needs: pairs of parameter and parent.
        drops: parents whose output no later step needs.
    """

    name: str
    needs: tuple[tuple[str, str], ...]
    drops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one set of targets takes, fixed once so that a run only executes it.

    Attributes:
        targets: the nodes whose outputs are wanted.
        steps: in an order in which parents come first.
        placeholders: (placeholder, node, parameter) of each input that the run must be given.
    """

    targets: tuple[str, ...]
    steps: tuple[Step, ...]
    placeholders: tuple[tuple[str, str, str], ...]


class Plans:
    """The plans of a schema, one for each set of targets, each made once.

    Args:
        schema: the graph.

    Raises:
        GraphSchemaException: as `topological_order`.
    """

    def __init__(self, schema: GraphSchema) -> None:
        self._schema = schema
        self._order = topological_order(schema)
        self._plans: dict[tuple[str, ...], Plan] = {}
        self._default = self._plan(schema.target_names)

    def plan(self, inputs: Mapping[str, Any], targets: Sequence[str] | None = None) -> Plan:
        """Return the plan of a run.

        Args:
            inputs: placeholder to its value.
            targets: names of nodes; by default (None or empty) the schema's targets.

        Raises:
            GraphRunError: a target is unknown, an input has the name of a node, or a placeholder
                that a node needs is not among the inputs.
        """
        for name in inputs:
            if name in self._schema.nodes:
                raise GraphRunError(
                    f"Input '{name}' has the name of a node. Inputs fill placeholders, such as "
                    "'__message__'; rename it."
                )
        plan = self._plan(targets) if targets else self._default
        for placeholder, node, parameter in plan.placeholders:
            if placeholder not in inputs:
                raise missing_input(node, placeholder, parameter)
        return plan

    def _plan(self, targets: Sequence[str]) -> Plan:
        key = tuple(dict.fromkeys(targets))
        if key not in self._plans:
            for target in key:
                if target not in self._schema.nodes:
                    known = did_you_mean(target, self._schema.nodes)
                    raise GraphRunError(f"There is no node '{target}' to run. {known}")
            self._plans[key] = make_plan(self._schema, self._order, key)
        return self._plans[key]


def make_plan(schema: GraphSchema, order: Sequence[str], targets: tuple[str, ...]) -> Plan:
    """Plan a run for some targets.

    Args:
        schema: the graph.
        order: what `topological_order` says of it.
        targets: names of nodes, each once.
    """
    needed = schema.minimal_graph_schema(list(targets)).nodes if targets else {}
    names = [name for name in order if name in needed]
    edges = [
        (parent, name, parameter)
        for name in names
        for parameter, parent in needed[name].needs.items()
    ]
    kept = set(targets)
    last_reader = {parent: name for parent, name, _ in edges if parent not in kept}
    steps = tuple(
        Step(
            name=name,
            needs=tuple(needed[name].needs.items()),
            drops=tuple(
                parent
                for parent in dict.fromkeys(needed[name].needs.values())
                if last_reader.get(parent) == name
            ),
        )
        for name in names
    )
    return Plan(targets, steps, tuple(edge for edge in edges if edge[0] not in schema.nodes))


def topological_order(schema: GraphSchema) -> list[str]:
    """Return the nodes so that parents come first, otherwise in the schema's order.

    Raises:
        GraphSchemaException: nodes need each other in a cycle, or a parent is neither a node nor
            a placeholder.
    """
    return parents_first(schema.nodes, lambda name: _parents(schema, name), _refuse_cycle)


def parents_first(
    names: Iterable[str],
    parents: Callable[[str], Iterator[str]],
    on_cycle: Callable[[list[str]], None],
) -> list[str]:
    """Order nodes so that parents come first, otherwise as they are given.

    Args:
        names: the nodes.
        parents: gives the parents of a node, each one of the nodes.
        on_cycle: is told of a cycle, in which each node needs the next and the last is the first.
            Where it returns, the need that closes the cycle is passed over.
    """
    order: dict[str, None] = {}
    for root in names:
        # The nodes being visited, each with the parents still to visit: a stack instead of
        # recursion, so that depth has no limit.
        path: dict[str, Iterator[str]] = {}
        if root not in order:
            path[root] = parents(root)
        while path:
            name, rest = path.popitem()
            parent = next((parent for parent in rest if parent not in order), None)
            if parent is None:
                order[name] = None
                continue
            path[name] = rest
            if parent in path:
                visited = list(path)
                on_cycle([*visited[visited.index(parent) :], parent])
            else:
                path[parent] = parents(parent)
    return list(order)


def _parents(schema: GraphSchema, node: str) -> Iterator[str]:
    for parameter, parent in schema.nodes[node].needs.items():
        if parent in schema.nodes:
            yield parent
        elif not is_placeholder(parent):
            raise GraphSchemaException(
                f"Node '{node}' needs '{parent}' for its parameter '{parameter}', "
                f"and there is no such node. {did_you_mean(parent, schema.nodes)}"
            )


def _refuse_cycle(cycle: list[str]) -> None:
    raise GraphSchemaException(cycle_problem(cycle))


def cycle_problem(cycle: list[str]) -> str:
    """Return what to say of a cycle, in which each node needs the next."""
    return (
        f"Nodes need each other in a cycle: {' -> '.join(cycle)} (each needs the next). "
        "Remove one of these needs."
    )
