"""The recipe `default.v1`: a pipeline, of which the graphs are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.errors import InvalidConfigException
from onnlu_train.data.yaml_tree import Mapping as Tree
from onnlu_train.data.yaml_tree import Node, Scalar, Sequence, plain
from onnlu_train.recipe.configured import ConfiguredComponent
from onnlu_train.recipe.default_v1.graphs import predict_schema, train_schema, with_train_keys
from onnlu_train.recipe.default_v1.pipeline import (
    DEFAULT_PIPELINE,
    PipelineReader,
    default_pipeline,
)
from onnlu_train.recipe.own_classes import class_name
from onnlu_train.recipe.recipe import NamedComponent, Reading, Recipe
from onnlu_train.training.options import asks_for_validation


@dataclass(frozen=True, slots=True)
class DefaultV1(Recipe):
    """A config with a `pipeline:`, as Rasa's `default.v1`.

    Attributes:
        pipeline: the components in order.
    """

    KEYS: ClassVar = ("pipeline",)
    SKIPPED: ClassVar = {
        "policies": "dialogue is not trained here",
        "importers": "training data is named on the command line",
    }

    pipeline: tuple[ConfiguredComponent, ...]

    @classmethod
    def read(cls, tree: Tree, reading: Reading) -> Self:
        """Read the pipeline; a missing or empty one is the default one."""
        return cls(_pipeline(tree, reading))

    @classmethod
    def named_components(cls, tree: Tree) -> list[NamedComponent]:
        """Return every component of the pipeline, here or not."""
        pipeline = tree.values.get("pipeline")
        if pipeline is None or not plain(pipeline):
            return [NamedComponent(item["name"], None) for item in DEFAULT_PIPELINE]
        items = pipeline.items if isinstance(pipeline, Sequence) else ()
        names = [item.values.get("name") for item in items if isinstance(item, Tree)]
        return [
            NamedComponent(name.text.strip(), name.line)
            for name in names
            if isinstance(name, Scalar) and name.value
        ]

    @property
    def components(self) -> tuple[ConfiguredComponent, ...]:
        """The pipeline."""
        return self.pipeline

    def graphs(self, train: Mapping[str, Any], *, is_finetuning: bool) -> GraphModelConfiguration:
        """Make a train graph, fed by `__importer__`, and a predict graph, fed by `__message__`."""
        items = [with_train_keys(item, train) for item in self.pipeline]
        predicts = predict_schema(items)
        return GraphModelConfiguration(
            train_schema=train_schema(
                items, validates=asks_for_validation(train), is_finetuning=is_finetuning
            ),
            predict_schema=predicts,
            nlu_target=list(predicts.nodes)[-1],
        )

    def without_paths(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the config with the name alone of each component."""
        items = values.get("pipeline") or ()
        pipeline = [{**item, "name": class_name(item["name"])} for item in items]
        return {**values, "pipeline": pipeline} if pipeline else dict(values)


def _pipeline(tree: Tree, reading: Reading) -> tuple[ConfiguredComponent, ...]:
    node: Node | None = tree.values.get("pipeline")
    match node:
        case None | Scalar(value=None) | Sequence(items=()):
            try:
                return default_pipeline(reading)
            except InvalidConfigException as error:
                reading.report(None, str(error))
        case Sequence():
            return PipelineReader(reading).read(node)
        case _:
            line = tree.lines["pipeline"]
            reading.report(line, "'pipeline' is no list; write `- name: Component` lines")
    return ()
