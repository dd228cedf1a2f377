"""The recipe `default.v1`: from a pipeline to a train graph and a predict graph."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from onnlu.components.message_converter import NLUMessageConverter
from onnlu.components.regex_message_handler import RegexMessageHandler
from onnlu_engine import GraphComponent, Resource
from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.errors import GraphSchemaException
from onnlu_engine.registry import ComponentRegistry
from onnlu_engine.schema import GraphSchema, SchemaNode
from onnlu_train.components.training_data_provider import NLUTrainingDataProvider
from onnlu_train.recipe.config import Config
from onnlu_train.recipe.pipeline import PipelineItem
from onnlu_train.recipe.train_section import merged_train
from onnlu_train.training.keys import COMPONENT_KEYS
from onnlu_train.training.options import asks_for_validation

IMPORTER: Final = "__importer__"
MESSAGE: Final = "__message__"


def graph_model_configuration(
    config: Config, overrides: Mapping[str, Any] | None = None, *, is_finetuning: bool = False
) -> GraphModelConfiguration:
    """Make the graphs of a model.

    Args:
        config: the user's config; it is left as it is.
        overrides: keys of `train:` that go before those of the config, such as
            `{"epochs": 5, "random_seed": 1}`.
        is_finetuning: components that can go on from what they learnt before do so.

    Returns:
        The train graph, fed by `__importer__`; and the predict graph, fed by `__message__`.
    """
    train = merged_train(config.train, dict(overrides or {}))
    items = [_overridden(item, train) for item in config.pipeline]
    predict_schema = _predict_schema(items)
    return GraphModelConfiguration(
        train_schema=_train_schema(
            items, validates=asks_for_validation(train), is_finetuning=is_finetuning
        ),
        predict_schema=predict_schema,
        assistant_id=config.assistant_id,
        language=config.language,
        nlu_target=list(predict_schema.nodes)[-1],
    )


def custom_components(
    config: Config, registry: ComponentRegistry | None = None
) -> list[type[GraphComponent]]:
    """Return the pipeline's classes that no package registers, as named by a dotted path.

    A model names components by their registered names, so whoever writes or loads one with such
    classes passes them to a `ComponentRegistry`.
    """
    registry = registry or ComponentRegistry()
    return [
        component
        for component in dict.fromkeys(item.component for item in config.pipeline)
        if not _is_registered(component, registry)
    ]


def _is_registered(component: type[GraphComponent], registry: ComponentRegistry) -> bool:
    try:
        registry.name_of(component)
    except GraphSchemaException:
        return False
    return True


def _overridden(item: PipelineItem, train: Mapping[str, Any]) -> PipelineItem:
    known = item.component.get_default_config()
    settings = {
        key: train[key] for key in COMPONENT_KEYS if key in known and train.get(key) is not None
    }
    return replace(item, config={**item.config, **settings})


def _train_schema(
    items: list[PipelineItem], *, validates: bool, is_finetuning: bool
) -> GraphSchema:
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
        train, run = f"train_{item.name}{index}", f"run_{item.name}{index}"
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


def _validates(item: PipelineItem) -> bool:
    """Tell whether a component can validate what it learns."""
    return "validation_data" in inspect.signature(item.component.train).parameters  # type: ignore[attr-defined]  # it learns


def _predict_schema(items: list[PipelineItem]) -> GraphSchema:
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
        f"run_{item.name}{index}": (item, _trained_resource(item, index))
        for index, item in enumerate(items)
    }
    if not any(item.component is RegexMessageHandler for item in items):
        handler = PipelineItem(RegexMessageHandler, {}, RegexMessageHandler.__name__)
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


def _trained_resource(item: PipelineItem, index: int) -> Resource | None:
    """Return where the item's train node persists it; None if it is not trained.

    The fingerprint is fixed, as a random one would make two models of one training differ.
    """
    name = f"train_{item.name}{index}"
    return Resource(name, output_fingerprint=name) if item.is_trainable else None
