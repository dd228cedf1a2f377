"""The `pipeline:` of a config: its components, their settings, and the order they need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from onnlu.components.tokenizer import Tokenizer
from onnlu_engine import GraphComponent
from onnlu_engine.errors import InvalidConfigException, did_you_mean
from onnlu_engine.registry import ComponentRegistry
from onnlu_train.data.problems import Report
from onnlu_train.data.yaml_tree import Mapping, Scalar, Sequence, plain
from onnlu_train.recipe.components import component_class

DEFAULT_PIPELINE: Final[tuple[dict[str, Any], ...]] = (
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
    {"name": "EntitySynonymMapper"},
)
"""Rasa 3.6's, without its ResponseSelector and FallbackClassifier."""


@dataclass(frozen=True, slots=True)
class PipelineItem:
    """One component of a pipeline.

    What it does in training shows in its methods: one with `train` is trained, one with
    `process_training_data` hands training data on to the components after it.

    Attributes:
        component: its class.
        config: what the user set, without the name.
        name: what its nodes are called after: the class's registered name.
        line: where it stands in the config file; None in the default pipeline.
    """

    component: type[GraphComponent]
    config: dict[str, Any]
    name: str
    line: int | None = None

    @property
    def is_trainable(self) -> bool:
        """Whether the component learns."""
        return hasattr(self.component, "train")

    @property
    def processes_training_data(self) -> bool:
        """Whether components after it see its work in training, as of tokenizers, featurizers."""
        return hasattr(self.component, "process_training_data")


def default_pipeline(registry: ComponentRegistry) -> tuple[PipelineItem, ...]:
    """Return the pipeline of a config that has none.

    Raises:
        InvalidConfigException: what a component needs is not installed.
    """
    return tuple(
        PipelineItem(
            component=component_class(item["name"], registry),
            config={key: value for key, value in item.items() if key != "name"},
            name=item["name"],
        )
        for item in DEFAULT_PIPELINE
    )


def read_pipeline(
    node: Sequence, registry: ComponentRegistry, report: Report
) -> tuple[PipelineItem, ...]:
    """Read the items of `pipeline:`.

    Args:
        node: the list as it stands in the config file.
        registry: knows the components.
        report: takes every problem of every item, and of their order.

    Returns:
        The items that could be read.
    """
    read = [_read_item(item, registry, report) for item in node.items]
    items = tuple(item for item in read if item is not None)
    if len(items) == len(read):
        # With an item missing, its followers would be blamed for what only it lacks.
        _check_order(items, node.line, report)
    return items


def _read_item(
    node: Mapping | Sequence | Scalar, registry: ComponentRegistry, report: Report
) -> PipelineItem | None:
    name_node = node.values.get("name") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(name_node, Scalar) or not name_node.value:
        report(node.line, "an item of the pipeline has no name; write `- name: Component`")
        return None
    name = name_node.text.strip()
    try:
        component = component_class(name, registry)
    except InvalidConfigException as error:
        report(node.line, str(error))
        return None
    known = component.get_default_config()
    for key, line in node.lines.items():
        if key != "name" and key not in known:
            report(line, f"unknown key '{key}' of {name}. {did_you_mean(key, known)}")
    return PipelineItem(
        component=component,
        config={key: plain(value) for key, value in node.values.items() if key != "name"},
        name=name.rpartition(".")[2],
        line=node.line,
    )


def _check_order(items: tuple[PipelineItem, ...], line: int, report: Report) -> None:
    """Report a second tokenizer, what comes before what it needs, and features of one alias."""
    for position, item in enumerate(items):
        for needed in item.component.required_components():
            if not _contains(items[:position], needed):
                report(item.line, f"{item.name} needs a {needed.__name__} before it; add one above")
    for extra in [item for item in items if issubclass(item.component, Tokenizer)][1:]:
        report(extra.line, f"{extra.name} is a second tokenizer; keep one of them")
    _check_aliases(items, report)
    if not any(item.is_trainable for item in items):
        report(line, "no component of the pipeline learns; add one that does, as DIETClassifier")


def _check_aliases(items: tuple[PipelineItem, ...], report: Report) -> None:
    lines: dict[str, int | None] = {}
    for item in items:
        alias = item.config.get("alias")
        if not isinstance(alias, str):
            continue
        if alias in lines:
            first = f"the item in line {lines[alias]} has the alias '{alias}' already"
            report(item.line, f"{first}; choose another")
        lines.setdefault(alias, item.line)


def _contains(items: Iterable[PipelineItem], component: type[GraphComponent]) -> bool:
    return any(issubclass(item.component, component) for item in items)
