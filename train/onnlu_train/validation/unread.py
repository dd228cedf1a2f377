"""Data that no component of a config reads, and components that find the same entities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from onnlu.components.entity_synonym_mapper import EntitySynonymMapper
from onnlu.components.regex_entity_extractor import RegexEntityExtractor
from onnlu.message import INTENT_RESPONSE_KEY
from onnlu.training_data import TrainingData
from onnlu_engine.errors import InvalidConfigException
from onnlu_engine.node import merged_config
from onnlu_train.components.response_selector import ResponseSelector
from onnlu_train.recipe import ConfiguredComponent
from onnlu_train.validation.findings import Finding, Kind, Severity


def unread_data(components: Sequence[ConfiguredComponent], data: TrainingData) -> Iterator[Finding]:
    """Find parts of the data that no component reads; as Rasa 3.6 warns of them.

    What components of other packages read is not known, so with one that learns nothing is found.

    Args:
        components: of the predict graph, which has each once.
        data: the training data.
    """
    if any(item.is_trainable and not item.is_ours for item in components):
        return
    parts = (
        ("entities", data.entity_types, "entity_recognition", "DIETClassifier"),
        ("regexes", data.regexes, "use_regexes", "RegexFeaturizer or RegexEntityExtractor"),
        (
            "lookup tables",
            data.lookup_tables,
            "use_lookup_tables",
            "RegexFeaturizer or RegexEntityExtractor",
        ),
    )
    for part, found, option, reader in parts:
        if found and not any(options_of(item).get(option) for item in components):
            yield _unread(part, f"{reader} with `{option}: true`")
    if data.synonyms and not _any(components, EntitySynonymMapper):
        yield _unread("synonyms", "EntitySynonymMapper")
    has_keys = any(message.get(INTENT_RESPONSE_KEY) for message in data.examples)
    if has_keys and not _any(components, ResponseSelector):
        yield _unread("retrieval intents", "ResponseSelector")


def competing_extractors(
    components: Sequence[ConfiguredComponent], data: TrainingData
) -> Iterator[Finding]:
    """Find extractors that give the same entities twice; as Rasa 3.6 warns of them.

    Args:
        components: of the predict graph, which has each once.
        data: the training data.
    """
    learning = [
        item
        for item in components
        if item.is_trainable and options_of(item).get("entity_recognition")
    ]
    if len(learning) > 1:
        yield _competing(
            "several components learn to find entities, and each adds its own",
            "set `entity_recognition: false` in all but one",
        )
    patterns = {regex.name for regex in data.regexes}
    patterns |= {table.name for table in data.lookup_tables}
    both = sorted(patterns & set(data.entity_types))
    if learning and both and _any(components, RegexEntityExtractor):
        yield _competing(
            f"RegexEntityExtractor and a component that learns both find: {', '.join(both)}",
            "rename the patterns, or do not annotate these entities, so that none is found twice",
        )


def options_of(item: ConfiguredComponent) -> dict[str, Any]:
    """Return a component's options; none where they are wrong, which is found elsewhere."""
    with suppress(InvalidConfigException):
        return merged_config(item.component, item.config)
    return {}


def _any(components: Sequence[ConfiguredComponent], kind: type) -> bool:
    return any(issubclass(item.component, kind) for item in components)


def _unread(part: str, reader: str) -> Finding:
    return Finding(
        Kind.UNREAD_DATA,
        Severity.WARNING,
        f"the data have {part}, and no component of the config reads them",
        f"add {reader} to the config, or remove them",
    )


def _competing(message: str, remedy: str) -> Finding:
    return Finding(Kind.COMPETING_EXTRACTORS, Severity.WARNING, message, remedy)
