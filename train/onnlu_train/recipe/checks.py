"""Whether graphs can run, and components take the options that a config gives them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onnlu_engine import ExecutionContext, GraphComponent, LocalModelStorage, Resource
from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.errors import InvalidConfigException
from onnlu_engine.node import merged_config
from onnlu_engine.schema import GraphSchema
from onnlu_engine.validation import validate
from onnlu_train.recipe.interface import INTERFACE


def check_graphs(configuration: GraphModelConfiguration) -> None:
    """Check the graphs of a model before anything of them runs.

    Raises:
        GraphSchemaValidationException: every problem of both graphs, one a line.
    """
    validate(configuration, INTERFACE)


def option_problem(
    component: type[GraphComponent],
    config: Mapping[str, Any],
    name: str,
    settings: Mapping[str, Any] | None = None,
) -> str | None:
    """Return what a component says against its options, or None.

    It is built once, so that a wrong option is found before hours of training.

    Args:
        component: the class.
        config: what the user set.
        name: of its node.
        settings: what it is told of the training, as of `ExecutionContext`.
    """
    try:
        component.create(
            merged_config(component, config),
            LocalModelStorage(Path("unused"), read_only=True),
            Resource(name),
            ExecutionContext(GraphSchema({}), node_name=name, settings=settings or {}),
        )
    except InvalidConfigException as error:
        return str(error)
    return None


def option_problems(
    configuration: GraphModelConfiguration, settings: Mapping[str, Any] | None = None
) -> list[str]:
    """Return what the components of a train graph say against their options, each once.

    Args:
        configuration: the graphs.
        settings: what components are told of the training, as of `ExecutionContext`.
    """
    found = (
        option_problem(node.uses, node.config, name, settings)
        for name, node in configuration.train_schema.nodes.items()
    )
    return list(dict.fromkeys(problem for problem in found if problem))
