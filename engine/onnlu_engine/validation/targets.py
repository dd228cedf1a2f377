"""Rule 13: the predict graph ends in what the caller wants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.errors import did_you_mean
from onnlu_engine.validation.graph import Graph, Problem
from onnlu_engine.validation.interface import GraphInterface
from onnlu_engine.validation.signatures import NOT_ANNOTATED
from onnlu_engine.validation.subtyping import is_subtype, type_names


def targets_end_the_graph(
    graph: Graph, configuration: GraphModelConfiguration, interface: GraphInterface
) -> Iterator[Problem]:
    """A target that parses messages is named; targets exist, feed no node, have the right type."""
    if configuration.nlu_target is None:
        yield graph.problem(None, "no `nlu_target` is named. Name the node that parses messages.")
    else:
        yield from _target(graph, "nlu_target", configuration.nlu_target, interface.nlu_output)
    if configuration.core_target is not None:
        yield from _target(graph, "core_target", configuration.core_target, interface.core_output)


def _target(graph: Graph, key: str, name: str, expected: Any) -> Iterator[Problem]:
    nodes = graph.schema.nodes
    if name not in nodes:
        nearest = did_you_mean(name, nodes)
        yield graph.problem(None, f"`{key}` is '{name}', and there is no such node. {nearest}")
        return
    readers = [other for other, node in nodes.items() if name in node.needs.values()]
    if readers:
        yield graph.problem(
            name,
            f"it is the `{key}`, and other nodes need it: {', '.join(readers)}. "
            "Name the last node, or remove the needs.",
        )
    method = graph.run_method(nodes[name])
    if method is None or method.returns is NOT_ANNOTATED:
        return
    if not is_subtype(method.returns, expected):
        found_name, expected_name = type_names(method.returns, expected)
        yield graph.problem(
            name,
            f"it is the `{key}`, and {method.name} returns {found_name}, not {expected_name}. "
            "Name another node.",
        )
