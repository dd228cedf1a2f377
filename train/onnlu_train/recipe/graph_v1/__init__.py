"""The recipe `graph.v1`: the graphs themselves stand in the file."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.errors import did_you_mean
from onnlu_engine.registry import ComponentRegistry
from onnlu_engine.schema import GraphSchema, SchemaNode
from onnlu_train.data.yaml_tree import Mapping as Tree
from onnlu_train.data.yaml_tree import Scalar
from onnlu_train.recipe.configured import ConfiguredComponent
from onnlu_train.recipe.graph_v1.rasa_nodes import our_name, skip_dialogue
from onnlu_train.recipe.graph_v1.schema_reader import SchemaReader, nodes_of
from onnlu_train.recipe.own_classes import class_name
from onnlu_train.recipe.placeholders import IMPORTER, MESSAGE
from onnlu_train.recipe.recipe import NamedComponent, Reading, Recipe
from onnlu_train.recipe.text import text_of
from onnlu_train.training.finished import TRAIN
from onnlu_train.training.keys import COMPONENT_KEYS, TRAIN_KEYS

_SCHEMAS = ("train_schema", "predict_schema")
_VALIDATION_KEYS = ("validation_split", "validation_data")


@dataclass(frozen=True, slots=True)
class GraphV1(Recipe):
    """A config with a `train_schema:` and a `predict_schema:`, as Rasa's `graph.v1`.

    Attributes:
        train_schema: fed by `__importer__`.
        predict_schema: fed by `__message__`.
        nlu_target: node of the predict graph that returns the parsed messages.
        nodes: what every node of both uses, in the order of the file.
    """

    KEYS: ClassVar = (*_SCHEMAS, "nlu_target")
    SKIPPED: ClassVar = {
        "core_target": "dialogue is not trained here",
        "importers": "training data is named on the command line",
    }

    train_schema: GraphSchema
    predict_schema: GraphSchema
    nlu_target: str | None
    nodes: tuple[ConfiguredComponent, ...]

    @classmethod
    def read(cls, tree: Tree, reading: Reading) -> Self:
        """Read both schemas, and which node is the target."""
        if reading.skip_unsupported:
            reading.notices.append(
                "--skip-unsupported does nothing with recipe graph.v1: remove nodes from the file"
            )
        readers = [
            SchemaReader(key, placeholder, reading)
            for key, placeholder in zip(_SCHEMAS, (IMPORTER, MESSAGE), strict=True)
        ]
        train, predict = (reader.read(tree) for reader in readers)
        if train.nodes and not train.target_names:
            line = tree.lines["train_schema"]
            reading.report(line, "no node of train_schema is a target; set `is_target: true`")
        _check_resources(tree, train, predict, reading)
        return cls(
            train_schema=train,
            predict_schema=predict,
            nlu_target=_nlu_target(tree, predict, reading),
            nodes=tuple(node for reader in readers for node in reader.configured),
        )

    @classmethod
    def named_components(cls, tree: Tree) -> list[NamedComponent]:
        """Return what the nodes use, each component where it stands first."""
        found: dict[str, NamedComponent] = {}
        for key in _SCHEMAS:
            nodes = nodes_of(tree, key)
            skipped = skip_dialogue(nodes, ComponentRegistry())
            for node in (nodes[name] for name in nodes if name not in skipped):
                uses = node.values.get("uses")
                if isinstance(uses, Scalar) and uses.value:
                    name = our_name(uses.text.strip())
                    found.setdefault(name, NamedComponent(name, uses.line))
        return list(found.values())

    @property
    def components(self) -> tuple[ConfiguredComponent, ...]:
        """What every node uses; a component stands here as often as nodes use it."""
        return self.nodes

    def graphs(self, train: Mapping[str, Any], *, is_finetuning: bool) -> GraphModelConfiguration:
        """Return the graphs of the file; a finetuning loads what can be trained further."""
        train_schema = copy.deepcopy(self.train_schema)
        if is_finetuning:
            train_schema = GraphSchema(
                {name: _finetuned(node) for name, node in train_schema.nodes.items()}
            )
        return GraphModelConfiguration(
            train_schema=train_schema,
            predict_schema=copy.deepcopy(self.predict_schema),
            nlu_target=self.nlu_target,
        )

    def without_paths(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the config with the name alone of what each node uses."""
        return {**values, **{key: _without_paths(values[key]) for key in _SCHEMAS}}

    def inapplicable(self, train: Mapping[str, Any]) -> dict[str, str]:
        """Return the keys that nodes have of their own, and validation that no node asks for."""
        reasons = dict.fromkeys(COMPONENT_KEYS, "with graph.v1 it stands in the config of a node")
        if all(node.fn != "provide_validation" for node in self.train_schema.nodes.values()):
            why = "no node of train_schema runs NLUTrainingDataProvider.provide_validation"
            reasons |= dict.fromkeys(_VALIDATION_KEYS, why)
        return {
            key: reason
            for key, reason in reasons.items()
            if key in train and train[key] != TRAIN_KEYS[key].default
        }


def _without_paths(schema: Mapping[str, Any]) -> dict[str, Any]:
    nodes = schema["nodes"].items()
    named = {name: {**node, "uses": class_name(node["uses"])} for name, node in nodes}
    return {**schema, "nodes": named}


def _finetuned(node: SchemaNode) -> SchemaNode:
    """Return a node that goes on from what it learnt before, if it learns and can."""
    if node.fn == TRAIN and node.uses.can_finetune():
        return replace(node, constructor_name="load")
    return node


def _check_resources(
    tree: Tree, train: GraphSchema, predict: GraphSchema, reading: Reading
) -> None:
    """Report what the predict graph loads and no node of the train graph persists."""
    own = [node.resource.name for node in train.nodes.values() if node.resource]
    known = dict.fromkeys([*nodes_of(tree, "train_schema"), *own])
    trees = nodes_of(tree, "predict_schema")
    for name, node in predict.nodes.items():
        if node.resource and node.resource.name not in known:
            reading.report(
                trees[name].lines["resource"],
                f"node '{name}' has the resource '{node.resource.name}', and no node of "
                f"train_schema persists it. {did_you_mean(node.resource.name, known)}",
            )


def _nlu_target(tree: Tree, predict: GraphSchema, reading: Reading) -> str | None:
    target = text_of(tree, "nlu_target", reading.report)
    if target is None:
        what = "'nlu_target' is missing; name the node that returns the parsed messages"
        reading.report(tree.lines.get("nlu_target"), what)
    elif predict.nodes and target not in predict.nodes:
        remedy = did_you_mean(target, predict.nodes)
        reading.report(tree.lines["nlu_target"], f"predict_schema has no node '{target}'. {remedy}")
    return target
