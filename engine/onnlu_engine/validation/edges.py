"""Rule 11: what a parent returns fits the parameter that it fills."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from onnlu_engine.validation.graph import Graph, Problem, listed
from onnlu_engine.validation.signatures import NOT_ANNOTATED
from onnlu_engine.validation.subtyping import is_subtype, type_names


def outputs_fit_parameters(graph: Graph) -> Iterator[Problem]:
    """The type of every parent's output is a subtype of that of the parameter."""
    for name, node in graph.components.items():
        for parameter, parent in node.needs.items():
            method = graph.receiver(node, parameter)
            target = method.parameters.get(parameter) if method else None
            found = _output_type(graph, parent)
            if method is None or target is None or is_subtype(found, target.type):
                continue
            found_name, expected_name = type_names(found, target.type)
            yield graph.problem(
                name,
                f"{method.name} takes {expected_name}, and '{parent}' gives {found_name}. "
                f"{_others(graph, name, parent, target.type, expected_name)}",
                parameter,
            )


def _output_type(graph: Graph, parent: str) -> Any:
    """Return the type of a parent's output; `Any` where that is a problem of its own."""
    if parent in graph.inputs:
        return graph.inputs[parent]
    node = graph.schema.nodes.get(parent)
    method = graph.run_method(node) if node else None
    return Any if method is None or method.returns is NOT_ANNOTATED else method.returns


def _others(graph: Graph, name: str, parent: str, expected: Any, expected_name: str) -> str:
    """Return what else gives what is expected, the nearest name first; no node that comes later."""
    later = {name, *graph.after([name])}
    fitting = [
        other
        for other in (*graph.schema.nodes, *graph.inputs)
        if other not in later and is_subtype(_output_type(graph, other), expected)
    ]
    if not fitting:
        return f"Add a node before it that gives {expected_name}."
    nearest = difflib.get_close_matches(parent, fitting, n=len(fitting), cutoff=0.0)
    return f"Take {expected_name} from {listed(nearest)}."
