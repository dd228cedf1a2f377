"""In which order the nodes of a graph run, and what each takes from which other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from onnlu_engine.errors import GraphSchemaException, did_you_mean
from onnlu_engine.node import missing_input
from onnlu_engine.schema import GraphSchema, is_placeholder


@dataclass(frozen=True, slots=True)
class Step:
    """One node of a plan.

    Attributes:
        name: the node.
        run: takes the inputs by parameter name, returns the output.
        needs: pairs of parameter and parent.
        drops: parents whose output no later step needs.
    """

    name: str
    run: Callable[..., Any]
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

    def execute(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Run every step once.

        Returns:
            Target name to output.

        Raises:
            GraphRunError: a placeholder is not among the inputs.
            OnnluException: as a node raised it.
        """
        for placeholder, node, parameter in self.placeholders:
            if placeholder not in inputs:
                raise missing_input(node, placeholder, parameter)
        outputs = dict(inputs)
        for step in self.steps:
            outputs[step.name] = step.run(
                **{parameter: outputs[parent] for parameter, parent in step.needs}
            )
            for name in step.drops:
                del outputs[name]
        return {target: outputs[target] for target in self.targets}


def make_plan(
    schema: GraphSchema,
    order: list[str],
    runs: Mapping[str, Callable[..., Any]],
    targets: tuple[str, ...],
) -> Plan:
    """Plan a run for some targets.

    Args:
        schema: the graph.
        order: what `topological_order` says of it.
        runs: node name to what runs it.
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
            run=runs[name],
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
