"""Whether components take the options that a config gives them."""

from __future__ import annotations

from pathlib import Path

from onnlu_engine import ExecutionContext, LocalModelStorage, Resource
from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.errors import InvalidConfigException
from onnlu_engine.node import merged_config


def option_problems(configuration: GraphModelConfiguration) -> list[str]:
    """Return what components say against their options, each once.

    Every component is built once, so that a wrong option is found before hours of training.
    """
    schema = configuration.train_schema
    problems = []
    for name, node in schema.nodes.items():
        try:
            node.uses.create(
                merged_config(node.uses, node.config),
                LocalModelStorage(Path("unused"), read_only=True),
                Resource(name),
                ExecutionContext(schema, node_name=name),
            )
        except InvalidConfigException as error:
            problems.append(str(error))
    return list(dict.fromkeys(problems))
