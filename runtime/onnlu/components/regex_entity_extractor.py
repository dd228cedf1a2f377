"""Finds entities by the regexes and lookup tables that are called like them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from typing import Any, Final, Self

from onnlu.components import options
from onnlu.components.patterns import compiled, read_patterns, table_regex, write_patterns
from onnlu.message import ENTITIES, TEXT, Message
from onnlu.training_data import EXAMPLES, LOOKUP_TABLES, REGEXES, LookupTable, Regex, TrainingData
from onnlu_engine import ExecutionContext, GraphComponent, ModelStorage, Resource

logger = logging.getLogger(__name__)

_NAME: Final = "RegexEntityExtractor"
_OPTIONS: Final = {
    "case_sensitive": options.flag(False),
    "use_lookup_tables": options.flag(True),
    "use_regexes": options.flag(True),
    "use_word_boundaries": options.flag(True),
}


class RegexEntityExtractor(GraphComponent):
    """Makes an entity of every match of a pattern that has the name of an entity type.

    As Rasa 3.6: a name counts where an example of the training data has an entity of this type.
    First come the matches of regexes, then those of lookup tables; they may overlap each other and
    entities of other extractors. Of phrases of one table that match at one place, the longest is
    taken. A match without characters is none.

    Options:
        case_sensitive: upper and lower case differ.
        use_lookup_tables: use lookup tables.
        use_regexes: use regexes.
        use_word_boundaries: phrases of lookup tables match whole words only.

    Raises:
        InvalidConfigException: an option is unknown or wrong, or a pattern no regular expression.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        patterns: Sequence[Regex] = (),
    ) -> None:
        options.check_config(_NAME, config, _OPTIONS)
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._use(patterns)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build an untrained extractor; it has no patterns and finds nothing."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """Build an extractor with the patterns of its training data.

        Raises:
            ResourceNotFoundException: nothing was persisted under this name.
            CorruptModelException: what was persisted is missing or has another shape.
        """
        return cls(config, model_storage, resource, read_patterns(model_storage, resource))

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option with its default."""
        return options.default_config(_OPTIONS)

    @property
    def patterns(self) -> list[Regex]:
        """The patterns in use, each with the entity type it finds."""
        return list(self._patterns)

    @classmethod
    def parts_read(cls, method: str, config: dict[str, Any]) -> Collection[str] | None:
        """It takes patterns that are called like entity types of the examples."""
        return [EXAMPLES, LOOKUP_TABLES, REGEXES] if method == "train" else None

    def train(self, training_data: TrainingData) -> Resource:
        """Take the patterns that are called like entity types, persist them, and return where.

        Raises:
            InvalidConfigException: a pattern is no regular expression.
        """
        types = set(training_data.entity_types)
        patterns: list[Regex] = []
        if self._config["use_regexes"]:
            patterns += [regex for regex in training_data.regexes if regex.name in types]
        if self._config["use_lookup_tables"]:
            patterns += [
                self._table_regex(table)
                for table in training_data.lookup_tables
                if table.name in types and table.elements
            ]
        if not patterns:
            logger.warning(
                "%s finds nothing: no regex and no lookup table that it may use is called like an "
                "entity type of the examples. Name one so, or remove the component.",
                _NAME,
            )
        self._use(patterns)
        write_patterns(self._model_storage, self._resource, patterns)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Append the entities found to those of messages, and return the same messages."""
        for message in messages:
            message.set(ENTITIES, [*message.get(ENTITIES, ()), *self._found(message.data[TEXT])])
        return messages

    def _found(self, text: str) -> list[dict[str, Any]]:
        return [
            {
                "entity": regex.name,
                "start": match.start(),
                "end": match.end(),
                "value": match.group(),
                "extractor": _NAME,
            }
            for regex, pattern in zip(self._patterns, self._compiled, strict=True)
            for match in pattern.finditer(text)
            if match.group()
        ]

    def _table_regex(self, table: LookupTable) -> Regex:
        longest_first = tuple(sorted(table.elements, key=len, reverse=True))
        table = LookupTable(table.name, longest_first)
        if not self._config["use_word_boundaries"]:
            return table_regex(table)
        # Unlike \b these hold at a phrase that begins or ends with a mark, such as "C++".
        return table_regex(table, before=r"(?<!\w)", after=r"(?!\w)")

    def _use(self, patterns: Sequence[Regex]) -> None:
        self._compiled = compiled(patterns, self._config["case_sensitive"])
        self._patterns = patterns
