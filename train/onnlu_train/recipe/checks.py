"""Whether graphs can run, and components take the options that a config gives them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from onnlu_engine import ExecutionContext, GraphComponent, LocalModelStorage, Resource
from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.errors import OnnluException, ResourceNotFoundException
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

    It is built once, so that a wrong option is found before hours of training; but not where that
    takes what only a run of its graph can give.

    Args:
        component: the class.
        config: what the user set.
        name: of its node.
        settings: what it is told of the training, as of `ExecutionContext`.
    """
    try:
        with TemporaryDirectory(prefix="onnlu-options-") as folder:
            arguments: dict[str, Any] = {
                "config": merged_config(component, config),
                "model_storage": LocalModelStorage(Path(folder)),
                "resource": Resource(name),
                "execution_context": ExecutionContext(
                    GraphSchema({}), node_name=name, settings=settings or {}
                ),
            }
            if _takes(component.create, arguments):
                component.create(**arguments)
    except ResourceNotFoundException:
        return None
    except OnnluException as error:
        return str(error)
    except Exception as error:
        return (
            f"node '{name}': {component.__name__} cannot be built: {type(error).__name__}: "
            f"{error}. Correct its options, or mend the class."
        )
    return None


def _takes(constructor: Callable[..., Any], arguments: Mapping[str, Any]) -> bool:
    """Tell whether a constructor takes these arguments and requires no other."""
    try:
        inspect.signature(constructor).bind(**arguments)
    except TypeError:
        return False
    return True


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
