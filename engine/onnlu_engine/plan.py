"""In which order the nodes of a graph run, and what each takes from which other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
    order: dict[str, None] = {}
    for root in schema.nodes:
        # The nodes being visited, each with the parents still to visit: a stack instead of
        # recursion, so that depth has no limit.
        path: dict[str, Iterator[str]] = {}
        if root not in order:
            path[root] = _parents(schema, root)
        while path:
            name, parents = path.popitem()
            parent = next((parent for parent in parents if parent not in order), None)
            if parent is None:
                order[name] = None
                continue
            path[name] = parents
            if parent in path:
                raise _cycle(list(path), parent)
            path[parent] = _parents(schema, parent)
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


def _cycle(path: list[str], parent: str) -> GraphSchemaException:
    cycle = [*path[path.index(parent) :], parent]
    return GraphSchemaException(
        f"Nodes need each other in a cycle: {' -> '.join(cycle)} (each needs the next). "
        "Remove one of these needs."
    )
