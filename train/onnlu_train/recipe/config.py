"""The config of a training, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from onnlu_engine import GraphComponent
from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.registry import ComponentRegistry
from onnlu_train.recipe.configured import ConfiguredComponent
from onnlu_train.recipe.own_classes import is_registered
from onnlu_train.recipe.recipe import Recipe
from onnlu_train.recipe.train_section import merged_train


@dataclass(frozen=True, slots=True)
class Config:
    """What a config file asks for, checked.

    Attributes:
        path: the file.
        language: ISO code of the data's language; None if it does not matter.
        assistant_id: the user's name for the assistant, if any.
        train: how models are trained; keys that go before the options of components.
        values: the whole file as plain dicts, lists and values.
        recipe: what its recipe read: a pipeline, or the graphs themselves.
        notices: one line each on what was passed over or filled in.
    """

    path: Path
    language: str | None
    assistant_id: str | None
    train: dict[str, Any]
    values: dict[str, Any]
    recipe: Recipe
    notices: tuple[str, ...]

    @property
    def components(self) -> tuple[ConfiguredComponent, ...]:
        """The components with their options, in the order of the file."""
        return self.recipe.components


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
    return replace(
        config.recipe.graphs(train, is_finetuning=is_finetuning),
        assistant_id=config.assistant_id,
        language=config.language,
    )


def custom_components(
    config: Config, registry: ComponentRegistry | None = None
) -> list[type[GraphComponent]]:
    """Return the config's classes that no package registers, as named by a dotted path.

    A model names components by their registered names, so whoever writes or loads one with such
    classes passes them to a `ComponentRegistry`.
    """
    registry = registry or ComponentRegistry()
    return [
        component
        for component in dict.fromkeys(item.component for item in config.components)
        if not is_registered(component, registry)
    ]
