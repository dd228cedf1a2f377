"""From a pipeline to a train graph and a predict graph."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from onnlu.components.message_converter import NLUMessageConverter
from onnlu.components.regex_message_handler import RegexMessageHandler
from onnlu_engine import Resource
from onnlu_engine.schema import GraphSchema, SchemaNode
from onnlu_train.components.training_data_provider import NLUTrainingDataProvider
from onnlu_train.recipe.configured import ConfiguredComponent
from onnlu_train.recipe.placeholders import IMPORTER, MESSAGE
from onnlu_train.training.keys import COMPONENT_KEYS


def with_train_keys(item: ConfiguredComponent, train: Mapping[str, Any]) -> ConfiguredComponent:
    """Return a component with those keys of `train:` that it knows, which go before its own."""
    known = item.component.get_default_config()
    settings = {
        key: train[key] for key in COMPONENT_KEYS if key in known and train.get(key) is not None
    }
    return replace(item, config={**item.config, **settings})


def train_schema(
    items: Sequence[ConfiguredComponent], *, validates: bool, is_finetuning: bool
) -> GraphSchema:
    """Make the graph that trains a pipeline, fed by `__importer__`.

    Args:
        items: the components in order.
        validates: validation data pass through the pipeline beside the training data.
        is_finetuning: components that can go on from what they learnt before are loaded.
    """
    last = "nlu_training_data_provider"
    nodes = {
        last: SchemaNode(
            needs={"importer": IMPORTER},
            uses=NLUTrainingDataProvider,
            constructor_name="create",
            fn="provide",
            config={},
            is_input=True,
        )
    }
    held_out = "nlu_validation_data_provider"
    if validates:
        nodes[held_out] = replace(nodes[last], fn="provide_validation")
    for index, item in enumerate(items):
        train, run = f"train_{item.name}{index}", run_name(item, index)
        if item.is_trainable:
            finetunes = is_finetuning and item.component.can_finetune()
            validated = {"validation_data": held_out} if validates and _validates(item) else {}
            nodes[train] = SchemaNode(
                needs={"training_data": last, **validated},
                uses=item.component,
                constructor_name="load" if finetunes else "create",
                fn="train",
                config=copy.deepcopy(item.config),
                is_target=True,
            )
        if item.processes_training_data:
            resource = {"resource": train} if item.is_trainable else {}
            nodes[run] = SchemaNode(
                needs={"training_data": last, **resource},
                uses=item.component,
                constructor_name="load" if item.is_trainable else "create",
                fn="process_training_data",
                config=copy.deepcopy(item.config),
            )
            last = run
            if validates:
                # What a component has learnt is applied to the validation data too.
                nodes[f"{run}_on_validation"] = replace(
                    nodes[run], needs={"training_data": held_out, **resource}
                )
                held_out = f"{run}_on_validation"
    return GraphSchema(nodes)


def _validates(item: ConfiguredComponent) -> bool:
    """Tell whether a component can validate what it learns."""
    return "validation_data" in inspect.signature(item.component.train).parameters  # type: ignore[attr-defined]  # it learns


def predict_schema(items: Sequence[ConfiguredComponent]) -> GraphSchema:
    """Make the graph that predicts with a trained pipeline, fed by `__message__`.

    Args:
        items: the components in order.

    Returns:
        A chain, at its end RegexMessageHandler where the pipeline names none.
    """
    nodes = {
        "nlu_message_converter": SchemaNode(
            needs={"messages": MESSAGE},
            uses=NLUMessageConverter,
            constructor_name="load",
            fn="convert_user_message",
            config={},
            eager=True,
        )
    }
    runs = {
        run_name(item, index): (item, _trained_resource(item, index))
        for index, item in enumerate(items)
    }
    if not any(item.component is RegexMessageHandler for item in items):
        handler = ConfiguredComponent(RegexMessageHandler, {}, RegexMessageHandler.__name__)
        runs[f"run_{handler.name}"] = (handler, None)
    for name, (item, resource) in runs.items():
        nodes[name] = SchemaNode(
            needs={"messages": list(nodes)[-1]},
            uses=item.component,
            constructor_name="load",
            fn="process",
            config=copy.deepcopy(item.config),
            eager=True,
            resource=resource,
        )
    return GraphSchema(nodes)


def run_name(item: ConfiguredComponent, index: int) -> str:
    """Return the name of the node in which an item of the pipeline runs.

    Args:
        item: the component.
        index: where it stands in the pipeline, counted from 0.
    """
    return f"run_{item.name}{index}"


def _trained_resource(item: ConfiguredComponent, index: int) -> Resource | None:
    """Return where the item's train node persists it; None if it is not trained.

    The fingerprint is fixed, as a random one would make two models of one training differ.
    """
    name = f"train_{item.name}{index}"
    return Resource(name, output_fingerprint=name) if item.is_trainable else None
