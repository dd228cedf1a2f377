"""Whether a config is the one that a model was trained with, but for what may change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import ndiff
from typing import Any, Final, NamedTuple

from onnlu.nlu import describe, in_order
from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.errors import InvalidConfigException
from onnlu_engine.model_directory import Model
from onnlu_engine.node import merged_config
from onnlu_engine.registry import ComponentRegistry
from onnlu_engine.schema import SchemaNode
from onnlu_train.training.keys import COMPONENT_KEYS

CHANGEABLE: Final = (
    *COMPONENT_KEYS,
    *("batch_strategy", "drop_small_last_batch"),
    *("evaluate_every_number_of_epochs", "evaluate_on_number_of_examples", "checkpoint_model"),
    *("tensorboard_log_directory", "tensorboard_log_level"),
)
"""Options of components that a finetuning may set anew: how to train, and not what. All of
`train:` may change too."""


class _Item(NamedTuple):
    name: str
    config: Mapping[str, Any]


def check_unchanged(
    base: Model,
    configuration: GraphModelConfiguration,
    external_data: Mapping[str, str],
    registry: ComponentRegistry,
) -> None:
    """Check that a finetuning has the config of its base model, but for `CHANGEABLE`.

    A default that is written out is no change.

    Args:
        base: the model to go on from.
        configuration: the graphs of the finetuning.
        external_data: a digest of what each node of them reads besides the training data.
        registry: knows the components.

    Raises:
        InvalidConfigException: it has not; the message holds every difference.
    """
    differences = list(_differences(base, configuration, external_data, registry))
    if differences:
        raise InvalidConfigException(
            f"The config is not that of {base.path}, which is to be finetuned:\n"
            + "\n".join(f"  {difference}" for difference in differences)
            + f"\nUndo the changes, or train from the beginning, without --finetune. What may "
            f"change: {', '.join(CHANGEABLE)}, and all of `train:`."
        )


def finetuning_config(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a component that is finetuned.

    Those it was trained with hold, even where a default has changed since; only `CHANGEABLE` ones
    are taken from the config of now.
    """
    kept = {key: before[key] for key in now if key in before and key not in CHANGEABLE}
    return {**now, **kept}


def _differences(
    base: Model,
    configuration: GraphModelConfiguration,
    external_data: Mapping[str, str],
    registry: ComponentRegistry,
) -> Iterator[str]:
    language = base.manifest.get("language"), configuration.language
    if language[0] != language[1]:
        yield f"language: was {_shown(language[0])}, is {_shown(language[1])}"
    schema = configuration.predict_schema.nodes
    order = in_order(configuration.predict_schema.as_dict(registry)["nodes"])
    # The first node makes messages of texts; the pipeline stands behind it.
    nodes = [schema[name] for name in order[1:]]
    after = [_Item(registry.name_of(node.uses), node.config) for node in nodes]
    before_nodes = base.manifest["predict_schema"]["nodes"]
    before = [
        _Item(name, before_nodes[node]["config"])
        for node, name in list(describe(base)["components"].items())[1:]
    ]
    names = [item.name for item in before], [item.name for item in after]
    if names[0] == names[1]:
        yield from _changed_options(before, nodes, names[1])
        in_line = {name: schema[name] for name in order}
        yield from _changed_files(base.manifest.get("external_data", {}), external_data, in_line)
    else:
        yield "pipeline:"
        yield from (f"  {line}" for line in ndiff(*names) if not line.startswith("?"))


def _changed_options(
    before: Sequence[_Item], nodes: Sequence[SchemaNode], names: Sequence[str]
) -> Iterator[str]:
    for number, (item, node, name) in enumerate(zip(before, nodes, names, strict=True), 1):
        was = merged_config(node.uses, item.config)
        is_now = merged_config(node.uses, node.config)
        for key in dict.fromkeys([*was, *is_now]):
            if key not in CHANGEABLE and was.get(key) != is_now.get(key):
                values = f"was {_shown(was.get(key))}, is {_shown(is_now.get(key))}"
                yield f"item {number}, {name}: {key}: {values}"


def _changed_files(
    before: Mapping[str, str], now: Mapping[str, str], nodes: Mapping[str, SchemaNode]
) -> Iterator[str]:
    """Yield the components whose files are others; the same pipeline has the same node names."""
    for number, (name, node) in enumerate(nodes.items()):
        if before.get(name) != now.get(name):
            values = f"was {_shown(before.get(name))}, is {_shown(now.get(name))}"
            yield f"item {number}, {node.uses.__name__}: content of its files: {values}"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
