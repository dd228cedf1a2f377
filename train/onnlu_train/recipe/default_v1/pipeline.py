"""The `pipeline:` of a config: its components, their settings, and the order they need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from onnlu.components.featurizer import Featurizer
from onnlu.components.tokenizer import Tokenizer
from onnlu_engine import GraphComponent
from onnlu_engine.errors import InvalidConfigException, did_you_mean
from onnlu_train.data.problems import Report
from onnlu_train.data.yaml_tree import Mapping, Node, Scalar, Sequence, plain
from onnlu_train.recipe.components import pipeline_component, unknown_options
from onnlu_train.recipe.configured import ConfiguredComponent
from onnlu_train.recipe.default_v1.graphs import run_name
from onnlu_train.recipe.own_classes import class_name
from onnlu_train.recipe.recipe import Reading
from onnlu_train.recipe.support import component_support

DEFAULT_PIPELINE: Final[tuple[dict[str, Any], ...]] = (
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
    {"name": "EntitySynonymMapper"},
    {"name": "ResponseSelector", "epochs": 100, "constrain_similarities": True},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
)
"""As Rasa 3.6's."""


def default_pipeline(reading: Reading) -> tuple[ConfiguredComponent, ...]:
    """Return the pipeline of a config that has none, with a notice.

    Raises:
        InvalidConfigException: what a component needs is not installed.
    """
    reading.notices.append("no pipeline is given: the default one is used")
    return tuple(
        ConfiguredComponent(
            component=pipeline_component(item["name"], reading.registry),
            config={key: value for key, value in item.items() if key != "name"},
            name=item["name"],
        )
        for item in DEFAULT_PIPELINE
    )


class PipelineReader:
    """Reads the items of `pipeline:`.

    With `skip_unsupported`, components of Rasa that are not here are skipped with a notice; a
    tokenizer of such is replaced by its counterpart, as no pipeline works without one.

    Args:
        reading: knows the components; takes every problem of every item, and of their order.
    """

    def __init__(self, reading: Reading) -> None:
        self._registry = reading.registry
        self._report = reading.report
        self._notices = reading.notices
        self._skip_unsupported = reading.skip_unsupported
        self._skipped: list[str] = []
        self._is_readable = True

    def read(self, node: Sequence) -> tuple[ConfiguredComponent, ...]:
        """Return the items of the list, as it stands in the config file, that could be read."""
        read = [self._item(item) for item in node.items]
        items = tuple(item for item in read if item is not None)
        if self._is_readable:
            # With an item missing, its followers would be blamed for what only it lacks.
            _check_order(items, node.line, self._skipped, self._report)
        return items

    def _item(self, node: Node) -> ConfiguredComponent | None:
        name_node = node.values.get("name") if isinstance(node, Mapping) else None
        if (
            not isinstance(node, Mapping)
            or not isinstance(name_node, Scalar)
            or not name_node.value
        ):
            self._problem(
                node.line, "an item of the pipeline has no name; write `- name: Component`"
            )
            return None
        name = name_node.text.strip()
        if self._skip_unsupported and component_support(name, self._registry).is_skippable:
            return self._instead_of(name, node)
        try:
            component = pipeline_component(name, self._registry)
        except InvalidConfigException as error:
            self._problem(node.line, str(error))
            return None
        for line, problem in unknown_options(name, component, node, besides=("name",)):
            self._report(line, problem)
        return ConfiguredComponent(component, _settings(node), class_name(name), node.line)

    def _instead_of(self, name: str, node: Mapping) -> ConfiguredComponent | None:
        """Skip an item with a notice; return what takes the place of a tokenizer."""
        support = component_support(name, self._registry)
        if support.counterpart:
            component = pipeline_component(support.counterpart, self._registry)
            if issubclass(component, Tokenizer):
                self._notices.append(
                    f"{name} in line {node.line} is replaced by {support.counterpart}: "
                    f"it {support.remark}"
                )
                known = component.get_default_config()
                config = {key: v for key, v in _settings(node).items() if key in known}
                return ConfiguredComponent(component, config, support.counterpart, node.line)
        self._skipped.append(name)
        self._notices.append(f"{name} in line {node.line} is skipped: {support.explanation}")
        return None

    def _problem(self, line: int, what: str) -> None:
        self._is_readable = False
        self._report(line, what)


def _settings(node: Mapping) -> dict[str, Any]:
    return {key: plain(value) for key, value in node.values.items() if key != "name"}


def _check_order(
    items: tuple[ConfiguredComponent, ...], line: int, skipped: list[str], report: Report
) -> None:
    """Report a second tokenizer, what comes before what it needs, and wrong names of features."""
    skipped_too = f" (skipped: {', '.join(skipped)})" if skipped else ""
    for position, item in enumerate(items):
        for needed in item.component.required_components():
            if not _contains(items[:position], needed):
                article = "an" if needed.__name__[0] in "AEIOU" else "a"
                report(
                    item.line,
                    f"{item.name} needs {article} {needed.__name__} before it; add one above"
                    f"{skipped_too}",
                )
    for extra in [item for item in items if issubclass(item.component, Tokenizer)][1:]:
        report(extra.line, f"{extra.name} is a second tokenizer; keep one of them")
    _check_aliases(items, report)
    _check_featurizers(items, report)
    if not any(item.is_trainable for item in items):
        what = "no component of the pipeline learns; add one that does, as DIETClassifier"
        report(line, f"{what}{skipped_too}")


def _check_aliases(items: tuple[ConfiguredComponent, ...], report: Report) -> None:
    lines: dict[str, int | None] = {}
    for item in items:
        alias = item.config.get("alias")
        if not isinstance(alias, str):
            continue
        if alias in lines:
            first = f"the item in line {lines[alias]} has the alias '{alias}' already"
            report(item.line, f"{first}; choose another")
        lines.setdefault(alias, item.line)


def _check_featurizers(items: tuple[ConfiguredComponent, ...], report: Report) -> None:
    """Report names in `featurizers` that no featurizer before the item gives to its features."""
    origins: list[str] = []
    for index, item in enumerate(items):
        if not item.is_ours:
            return  # it may give features of any name
        named = item.config.get("featurizers")
        for name in named if isinstance(named, list) else ():
            if isinstance(name, str) and name not in origins:
                before = f"no featurizer before {item.name} has the name or alias '{name}'"
                report(item.line, f"{before}. {did_you_mean(name, origins)}")
        if issubclass(item.component, Featurizer):
            alias = item.config.get("alias")
            origins.append(alias if alias and isinstance(alias, str) else run_name(item, index))


def _contains(items: Iterable[ConfiguredComponent], component: type[GraphComponent]) -> bool:
    return any(issubclass(item.component, component) for item in items)
