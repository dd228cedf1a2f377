"""Rules 5 to 7: the methods that a node names are there, and say what they take and return."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args, get_origin

from onnlu_engine.errors import did_you_mean
from onnlu_engine.fingerprints import Fingerprintable
from onnlu_engine.methods import public_method_names
from onnlu_engine.schema import SchemaNode
from onnlu_engine.validation.graph import GIVEN, Graph, Problem
from onnlu_engine.validation.signatures import NOT_ANNOTATED
from onnlu_engine.validation.subtyping import is_subtype, type_name, type_names


def methods_exist(graph: Graph) -> Iterator[Problem]:
    """Constructor and run method exist; the constructor is a class method."""
    for name, node in graph.components.items():
        for method in dict.fromkeys((node.constructor_name, node.fn)):
            if message := _method_problem(graph, node, method):
                yield graph.problem(name, message)


def annotations_resolve(graph: Graph) -> Iterator[Problem]:
    """Every annotation of constructor and run method means something at run time."""
    for name, node in graph.components.items():
        for method in graph.methods(node):
            for parameter, why in method.unresolved.items():
                returns = parameter == "return"
                yield graph.problem(
                    name,
                    f"{method.name}: the {'return ' if returns else ''}{why}. Import the name "
                    "where the method is defined, and not under TYPE_CHECKING only.",
                    None if returns else parameter,
                )


def outputs_have_fingerprints(graph: Graph) -> Iterator[Problem]:
    """A run method says what it returns; in training that has a fingerprint, or its items have."""
    for name, node in graph.components.items():
        method = graph.run_method(node)
        if method is None:
            continue
        if method.returns is NOT_ANNOTATED:
            yield graph.problem(
                name, f"{method.name} does not say what it returns. Annotate its return type."
            )
        elif "return" in method.unresolved or graph.name != "train":
            continue
        elif not _has_fingerprint(method.returns):
            yield graph.problem(
                name,
                f"{method.name} returns {type_name(method.returns)}, of which nobody can tell "
                "whether it has changed. Return a type with a method `fingerprint() -> str`, or a "
                "list of such.",
            )


def given_types_are_right(graph: Graph) -> Iterator[Problem]:
    """Parameters that have the name of what a node gives to constructors have its type."""
    for name, node in graph.components.items():
        for method in graph.methods(node):
            for parameter, expected in GIVEN.items():
                found = method.parameters.get(parameter)
                if found is None or _are_comparable(found.type, expected):
                    continue
                found_name, expected_name = type_names(found.type, expected)
                yield graph.problem(
                    name,
                    f"{method.name} takes {found_name} where the name means {expected_name}. "
                    "Annotate it so, or rename the parameter.",
                    parameter,
                )


def _method_problem(graph: Graph, node: SchemaNode, method: str) -> str | None:
    component = node.uses
    is_constructor = method == node.constructor_name
    signature = graph.signature(component, method, not is_constructor)
    if signature is None:
        nearest = did_you_mean(method, public_method_names(component))
        return f"{component.__name__} has no method '{method}'. {nearest}"
    if signature.is_abstract:
        return (
            f"{signature.name} is abstract. Use a class that implements it, or implement it here."
        )
    if signature.needs_instance:
        return (
            f"{signature.name} is no class method, and cannot build a component. "
            "Name a constructor, such as 'create' or 'load'."
        )
    return None


def _has_fingerprint(returns: Any) -> bool:
    origin, arguments = get_origin(returns) or returns, get_args(returns)
    if not isinstance(origin, type):
        return False
    if issubclass(origin, Fingerprintable):
        return True
    items = [argument for argument in arguments if argument is not Ellipsis]
    return issubclass(origin, Sequence) and bool(items) and all(map(_has_fingerprint, items))


def _are_comparable(one: Any, other: Any) -> bool:
    """Return whether one type is a special case of the other."""
    return is_subtype(one, other) or is_subtype(other, one)
