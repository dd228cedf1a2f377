"""All rules over both graphs of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.errors import GraphSchemaValidationException
from onnlu_engine.validation.edges import outputs_fit_parameters
from onnlu_engine.validation.graph import Graph, Problem
from onnlu_engine.validation.interface import GraphInterface
from onnlu_engine.validation.languages_and_packages import (
    language_is_supported,
    packages_are_installed,
)
from onnlu_engine.validation.methods import (
    annotations_resolve,
    given_types_are_right,
    methods_exist,
    outputs_have_fingerprints,
)
from onnlu_engine.validation.needs import (
    constructor_gets_all,
    needs_are_parameters,
    parameters_have_names,
    run_method_gets_all,
)
from onnlu_engine.validation.required_components import required_components_are_there
from onnlu_engine.validation.signatures import read_signature
from onnlu_engine.validation.structure import no_cycles, nodes_are_components, parents_exist
from onnlu_engine.validation.targets import targets_end_the_graph

_RULES: tuple[Callable[[Graph], Iterator[Problem]], ...] = (
    parents_exist,
    no_cycles,
    nodes_are_components,
    packages_are_installed,
    methods_exist,
    annotations_resolve,
    outputs_have_fingerprints,
    given_types_are_right,
    run_method_gets_all,
    constructor_gets_all,
    parameters_have_names,
    needs_are_parameters,
    outputs_fit_parameters,
    required_components_are_there,
)


def validate(configuration: GraphModelConfiguration, interface: GraphInterface) -> None:
    """Check both graphs of a model before anything of them runs.

    Nothing is built. The time grows with the number of nodes and needs, whatever the graph's shape.

    Args:
        configuration: what a recipe made of a user's config.
        interface: what the recipe feeds the graphs with, and what it takes from them.

    Raises:
        GraphSchemaValidationException: every problem of both graphs, one a line.
    """
    problems = [str(problem) for problem in _problems(configuration, interface)]
    if problems:
        raise GraphSchemaValidationException("\n".join(problems))


def _problems(
    configuration: GraphModelConfiguration, interface: GraphInterface
) -> Iterator[Problem]:
    signature = cache(read_signature)
    train = Graph("train", configuration.train_schema, interface.train_inputs, signature)
    predict = Graph("predict", configuration.predict_schema, interface.predict_inputs, signature)
    for graph in (train, predict):
        found = [problem for rule in _RULES for problem in rule(graph)]
        found += language_is_supported(graph, configuration.language)
        yield from _node_by_node(graph, found)
    yield from targets_end_the_graph(predict, configuration, interface)


def _node_by_node(graph: Graph, problems: list[Problem]) -> list[Problem]:
    places = {name: place for place, name in enumerate(graph.schema.nodes)}
    return sorted(problems, key=lambda problem: places.get(problem.node or "", -1))
