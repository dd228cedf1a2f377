"""Replaces the values of entities by the ones they are variants of."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any, Final, Self

from onnlu.components.json_resource import read_json, write_json
from onnlu.components.options import check_config
from onnlu.message import ENTITIES, TEXT, Message
from onnlu.training_data import EXAMPLES, SYNONYMS, TrainingData
from onnlu_engine import ExecutionContext, GraphComponent, ModelStorage, Resource

logger = logging.getLogger(__name__)

_FILE: Final = "synonyms.json"
_NAME: Final = "EntitySynonymMapper"


class EntitySynonymMapper(GraphComponent):
    """Maps values of entities, whatever their case, to canonical values; as Rasa 3.6.

    It learns from the synonyms of the training data and from annotated entities with another
    value than their text; of two definitions the later one holds. A canonical value stands for
    itself, written as it was first seen, unless it is defined as a variant of another.
    """

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, synonyms: dict[str, str]
    ) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._synonyms = synonyms

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build an untrained mapper; it knows no synonyms. There are no options.

        Raises:
            InvalidConfigException: there is an option.
        """
        check_config(_NAME, config, {})
        return cls(model_storage, resource, {})

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """Build a mapper that knows the synonyms it learnt.

        Raises:
            InvalidConfigException: there is an option.
            ResourceNotFoundException: nothing was persisted under this name.
            CorruptModelException: what was persisted is missing or has another shape.
        """
        check_config(_NAME, config, {})
        synonyms = read_json(
            model_storage, resource, _FILE, _are_synonyms, "a text for each text in lower case"
        )
        return cls(model_storage, resource, synonyms)

    @staticmethod
    def can_finetune() -> bool:
        """Known synonyms stay, unless they are defined anew."""
        return True

    @property
    def synonyms(self) -> dict[str, str]:
        """Variant in lower case -> canonical value."""
        return dict(self._synonyms)

    @classmethod
    def parts_read(cls, method: str, config: dict[str, Any]) -> Collection[str] | None:
        """It learns from synonyms and from annotated entities."""
        return [EXAMPLES, SYNONYMS] if method == "train" else None

    def train(self, training_data: TrainingData) -> Resource:
        """Learn synonyms in addition to the known ones, persist them, and return where."""
        for variant, value in training_data.synonyms.items():
            self._add(variant, value)
        for message in training_data.examples:
            for entity in message.get(ENTITIES, ()):
                variant = message.data[TEXT][entity["start"] : entity["end"]]
                self._add(variant, str(entity["value"]))
        write_json(self._model_storage, self._resource, _FILE, self._synonyms)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Replace the values of known entities, in place, and return the same messages.

        Such an entity names this component under `processors`, even where its value stays.
        """
        for message in messages:
            for entity in message.get(ENTITIES, ()):
                value = self._synonyms.get(str(entity["value"]).lower())
                if value is not None:
                    entity["value"] = value
                    entity.setdefault("processors", []).append(_NAME)
        return messages

    def _add(self, variant: str, value: str) -> None:
        if variant != value:
            previous = self._synonyms.get(variant.lower(), value)
            if previous != value:
                logger.warning(
                    "Synonym '%s' is defined as '%s' and as '%s'; the latter is used. "
                    "Take one of them out of the training data.",
                    variant.lower(),
                    previous,
                    value,
                )
            self._synonyms[variant.lower()] = value
        self._synonyms.setdefault(value.lower(), value)


def _are_synonyms(content: Any) -> bool:
    return isinstance(content, dict) and all(
        isinstance(value, str) and variant == variant.lower() for variant, value in content.items()
    )
