"""Rules 8 to 10: a node gives its methods all that they require, and nothing that they lack."""

from __future__ import annotations

from collections.abc import Iterator

from onnlu_engine.errors import did_you_mean
from onnlu_engine.schema import SchemaNode
from onnlu_engine.validation.graph import GIVEN, Graph, Problem
from onnlu_engine.validation.signatures import Signature


def run_method_gets_all(graph: Graph) -> Iterator[Problem]:
    """Every parameter of the run method that has no default is filled by a parent."""
    for name, node in graph.components.items():
        method = f"{node.uses.__name__}.{node.fn}"
        for parameter in missing_needs(graph, node):
            remedy = "Add it to the needs of the node."
            if parameter in node.needs:
                remedy = (
                    "The constructor has a parameter of this name too, and gets the parent's "
                    "output. Rename one of them."
                )
            message = f"{method} requires it, and gets no parent's output. {remedy}"
            yield graph.problem(name, message, parameter)


def missing_needs(graph: Graph, node: SchemaNode) -> Iterator[str]:
    """Yield the parameters that a run method requires, and that no parent fills."""
    method = graph.run_method(node)
    for parameter in _required(method):
        if parameter not in node.needs or graph.receiver(node, parameter) is not method:
            yield parameter


def constructor_gets_all(graph: Graph) -> Iterator[Problem]:
    """A constructor takes what every node gives, and requires no more than its parents give."""
    for name, node in graph.components.items():
        constructor = graph.constructor(node)
        if constructor is None:
            continue
        for parameter in GIVEN:
            if parameter not in constructor.parameters and not constructor.takes_any_keyword:
                yield graph.problem(
                    name,
                    f"{constructor.name} does not take it, and every node gives it to the "
                    "constructor. Add the parameter.",
                    parameter,
                )
        for parameter in _required(constructor):
            if parameter not in GIVEN and (node.eager or parameter not in node.needs):
                yield graph.problem(name, _unfilled(node, constructor), parameter)


def parameters_have_names(graph: Graph) -> Iterator[Problem]:
    """What a node gives to its methods they take by name."""
    for name, node in graph.components.items():
        for method in graph.methods(node):
            for parameter, found in method.parameters.items():
                is_given = found.is_required or parameter in node.needs or parameter in GIVEN
                if found.is_positional_only and is_given:
                    yield graph.problem(
                        name,
                        f"{method.name} takes it by position only, and a node gives everything by "
                        "name. Remove the `/` from its parameters.",
                        parameter,
                    )


def needs_are_parameters(graph: Graph) -> Iterator[Problem]:
    """Every need is a parameter of the run method, or of the constructor of a lazy node."""
    for name, node in graph.components.items():
        method = graph.run_method(node)
        if method is None or method.takes_any_keyword:
            continue
        for parameter in node.needs:
            if graph.receiver(node, parameter) is method and parameter not in method.parameters:
                constructor = None if node.eager else graph.constructor(node)
                known = [*method.parameters, *_fillable(constructor)]
                yield graph.problem(
                    name,
                    f"{method.name} has no parameter of this name. "
                    f"{did_you_mean(parameter, known)}",
                    parameter,
                )


def _required(method: Signature | None) -> Iterator[str]:
    for name, parameter in method.parameters.items() if method else ():
        if parameter.is_required:
            yield name


def _unfilled(node: SchemaNode, constructor: Signature) -> str:
    if node.eager:
        return (
            f"{constructor.name} requires it, and an eager node is built before its parents run. "
            "Give the parameter a default, or make the node lazy."
        )
    return f"{constructor.name} requires it. Add it to the needs of the node."


def _fillable(constructor: Signature | None) -> Iterator[str]:
    for name in constructor.parameters if constructor else ():
        if name not in GIVEN or name == "resource":
            yield name
