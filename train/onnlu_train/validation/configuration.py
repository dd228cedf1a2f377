"""What is wrong in a config, and which of its components are here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnlu.components.tokenizer import Tokenizer
from onnlu.decoding.tags import tag_specs
from onnlu.message import INTENT, INTENT_RESPONSE_KEY, Message
from onnlu.training_data import TrainingData
from onnlu_engine.errors import (
    GraphSchemaValidationException,
    InvalidConfigException,
    InvalidDataException,
)
from onnlu_engine.node import merged_config
from onnlu_train.components.response_selector import ResponseSelector
from onnlu_train.data.held_out import validation_paths
from onnlu_train.data.problems import Problems
from onnlu_train.recipe import (
    Config,
    ConfiguredComponent,
    check_graphs,
    gather_config,
    graph_model_configuration,
    named_components,
)
from onnlu_train.recipe.checks import option_problem
from onnlu_train.recipe.support import ComponentSupport, component_support
from onnlu_train.tensorflow_setup import automatic_device
from onnlu_train.training.callbacks import check_installed
from onnlu_train.training.keys import problems_of
from onnlu_train.training.options import number_held_out
from onnlu_train.training.session import TrainingSession
from onnlu_train.validation.findings import Finding, Kind, Severity
from onnlu_train.validation.unread import competing_extractors, options_of, unread_data


@dataclass(frozen=True, slots=True)
class ListedComponent:
    """A component that a config names.

    Attributes:
        name: as written.
        line: where it stands; None in the default pipeline.
        support: whether it is here.
    """

    name: str
    line: int | None
    support: ComponentSupport

    def to_json(self) -> dict[str, Any]:
        """Return the attributes, as JSON."""
        return {
            "name": self.name,
            "line": self.line,
            "status": str(self.support.status),
            "counterpart": self.support.counterpart,
            "remark": self.support.remark,
        }


def listed_components(path: Path) -> list[ListedComponent]:
    """Return the components that a config names, whatever else is wrong with it."""
    named = named_components(path)
    return [ListedComponent(name, line, component_support(name)) for name, line in named]


def config_findings(
    path: Path, skip_unsupported: bool = False, device: str | None = None
) -> tuple[Config | None, list[Finding]]:
    """Return what could be read of a config, and all that is wrong with it.

    Args:
        path: the file.
        skip_unsupported: as `trainer fit --skip-unsupported`.
        device: where it is to be trained, "cpu" or "gpu:<number>"; None for what `trainer fit`
            chooses by itself.
    """
    problems = Problems()
    config = gather_config(path, problems, skip_unsupported=skip_unsupported)
    if config:
        # A config with problems has no graphs to speak of.
        of_graphs = [] if problems else _graph_problems(config)
        # Where `train:` has problems, components are asked about their own options alone.
        train = {} if problems else config.train
        settings = {"training": TrainingSession(train, device=device or automatic_device())}
        for item in config.components:
            problem = option_problem(item.component, item.config, item.name, settings)
            if problem:
                problems.add(path, item.line, problem)
        for problem in of_graphs:
            problems.add(path, None, problem)
        try:
            check_installed(train.get("loggers", ()))
        except InvalidConfigException as error:
            problems.add(path, None, str(error))
    found = dict.fromkeys(problems.found())
    return config, [Finding.of_problem(problem, Kind.INVALID_CONFIG) for problem in found]


def _graph_problems(config: Config) -> list[str]:
    try:
        check_graphs(graph_model_configuration(config))
    except GraphSchemaValidationException as error:
        return str(error).splitlines()
    return []


def validation_data_of(config: Config) -> list[Path]:
    """Return what a config names under `train.validation_data`, unless that is wrong by itself."""
    wrong = [key for key, _ in problems_of(config.train)]
    return [] if "validation_data" in wrong else validation_paths(config.train)


def tokenizer_of(config: Config) -> Tokenizer | None:
    """Return the pipeline's tokenizer, or None where it has none that works."""
    for item in config.components:
        if not issubclass(item.component, Tokenizer):
            continue
        with suppress(InvalidConfigException):
            return item.component(merged_config(item.component, item.config))
    return None


def weak_configuration(config: Config, data: TrainingData) -> Iterator[Finding]:
    """Find what a config leaves unread of the data, or finds twice in them."""
    nodes = graph_model_configuration(config).predict_schema.nodes
    components = [ConfiguredComponent(node.uses, node.config, name) for name, node in nodes.items()]
    yield from unread_data(components, data)
    yield from competing_extractors(components, data)


def too_many_held_out(config: Config, data: TrainingData) -> Iterator[Finding]:
    """Find components that are to hold out more than half of what they learn from.

    Args:
        config: one without problems.
        data: the training data.
    """
    for item in config.components:
        number = number_held_out(options_of(item), config.train) if item.is_ours else 0
        examples = len(_examples_of(item, data))
        if examples and 2 * number > examples:
            yield Finding(
                Kind.INVALID_CONFIG,
                Severity.ERROR,
                f"{item.name}: evaluate_on_number_of_examples {number} is more than half of the "
                f"{examples} examples",
                "Choose fewer.",
                config.path,
                item.line,
            )


def _examples_of(item: ConfiguredComponent, data: TrainingData) -> list[Message]:
    """Return the examples that a component learns from, if each has features."""
    options = options_of(item)
    if issubclass(item.component, ResponseSelector):
        wanted = options["retrieval_intent"]
        with_responses = (m for m in data.examples if m.get(INTENT_RESPONSE_KEY))
        return [m for m in with_responses if wanted in (None, m.get(INTENT))]
    if options.get("intent_classification") and data.intents:
        return [message for message in data.examples if message.get(INTENT)]
    return data.examples


def untrainable_data(config: Config, data: TrainingData) -> Iterator[Finding]:
    """Find what the components of a config refuse in the data as a whole."""
    learns_intents = any(
        options_of(item).get("intent_classification") for item in config.components
    )
    if learns_intents and len(data.intents) == 1:
        yield Finding(
            Kind.INVALID_DATA,
            Severity.ERROR,
            f"there is one intent only, '{data.intents[0]}', and intents are learnt from their "
            "differences",
            "add examples of another, or set `intent_classification: false`",
        )
    try:
        tag_specs(data.entity_types, data.entity_roles, data.entity_groups, bilou=False)
    except InvalidDataException as error:
        message, _, remedy = str(error).rpartition("; ")
        yield Finding(Kind.INVALID_DATA, Severity.ERROR, message, remedy)
