"""Features that tell which patterns match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, Self

from onnlu.components import options
from onnlu.components.featurizer import Featurizer
from onnlu.components.patterns import compiled, read_patterns, table_regex, write_patterns
from onnlu.features import SENTENCE, SEQUENCE, Features
from onnlu.message import TEXT, Message
from onnlu.sparse import SparseMatrix
from onnlu.training_data import LOOKUP_TABLES, REGEXES, Regex, TrainingData
from onnlu_engine import ExecutionContext, ModelStorage, Resource

_OPTIONS: Final = {
    "alias": options.optional_text(),
    "case_sensitive": options.flag(True),
    "use_regexes": options.flag(True),
    "use_lookup_tables": options.flag(True),
    "use_word_boundaries": options.flag(True),
}


class RegexFeaturizer(Featurizer):
    """Marks tokens, and texts with such tokens, that a match of a pattern overlaps.

    As Rasa 3.6: each regex of the training data is a column, and after them each lookup table.
    Where there are no patterns, there are no features. Finetuning replaces patterns of the same
    name and appends others.

    Options:
        alias: origin of the features, instead of the node's name.
        case_sensitive: upper and lower case differ.
        use_regexes: make columns of regexes.
        use_lookup_tables: make columns of lookup tables.
        use_word_boundaries: phrases of lookup tables match whole words only.

    Raises:
        InvalidConfigException: an option is unknown or wrong, or a pattern no regular expression.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        patterns: Sequence[Regex] = (),
    ) -> None:
        options.check_config(type(self).__name__, config, _OPTIONS)
        super().__init__(config, execution_context)
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._is_finetuning = execution_context.is_finetuning
        self._use(patterns)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build an untrained featurizer; it has no patterns and adds no features."""
        return cls(config, model_storage, resource, execution_context)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """Build a featurizer with the patterns of its training data.

        Raises:
            ResourceNotFoundException: nothing was persisted under this name.
            CorruptModelException: what was persisted is missing or has another shape.
        """
        patterns = read_patterns(model_storage, resource)
        return cls(config, model_storage, resource, execution_context, patterns)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every option with its default."""
        return options.default_config(_OPTIONS)

    @staticmethod
    def can_finetune() -> bool:
        """Patterns keep the columns of their names; new ones follow."""
        return True

    @property
    def patterns(self) -> list[Regex]:
        """The pattern of each column."""
        return list(self._patterns)

    @classmethod
    def parts_read(cls, method: str, config: dict[str, Any]) -> Collection[str] | None:
        """It takes patterns, whatever the examples are."""
        return [LOOKUP_TABLES, REGEXES] if method == "train" else None

    def train(self, training_data: TrainingData) -> Resource:
        """Take the patterns of the training data, persist them, and return where.

        Raises:
            InvalidConfigException: a pattern is no regular expression.
        """
        patterns: list[Regex] = []
        if self._config["use_regexes"]:
            patterns += training_data.regexes
        if self._config["use_lookup_tables"]:
            boundary = r"\b" if self._config["use_word_boundaries"] else ""
            tables = (table for table in training_data.lookup_tables if table.elements)
            patterns += [table_regex(table, boundary, boundary) for table in tables]
        self._use(_grown(self._patterns, patterns) if self._is_finetuning else patterns)
        write_patterns(self._model_storage, self._resource, self._patterns)
        return self._resource

    def featurize(self, message: Message) -> None:
        """Add the features of the text to a message that has text tokens."""
        if not self._compiled:
            return
        tokens, text = message.tokens[TEXT], message.data[TEXT]
        rows: list[list[int]] = [[] for _ in tokens]
        for column, pattern in enumerate(self._compiled):
            spans = [match.span() for match in pattern.finditer(text)]
            if spans:
                for row, token in zip(rows, tokens, strict=True):
                    if any(start < token.end and token.start < end for start, end in spans):
                        row.append(column)
        found = sorted({column for row in rows for column in row})
        width = len(self._compiled)
        for kind, columns in ((SEQUENCE, rows), (SENTENCE, [found])):
            matrix = SparseMatrix.from_row_columns(columns, width)
            message.features.append(Features(matrix, kind, TEXT, self.origin))

    def _use(self, patterns: Sequence[Regex]) -> None:
        self._compiled = compiled(patterns, self._config["case_sensitive"])
        self._patterns = patterns


def _grown(known: Sequence[Regex], learnt: Iterable[Regex]) -> list[Regex]:
    """Put the n-th pattern of a name in the place of the n-th known one, and others at the end."""
    patterns = dict(_numbered_by_name(known))
    patterns.update(_numbered_by_name(learnt))
    return list(patterns.values())


def _numbered_by_name(patterns: Iterable[Regex]) -> Iterable[tuple[tuple[str, int], Regex]]:
    seen: Counter[str] = Counter()
    for regex in patterns:
        seen[regex.name] += 1
        yield (regex.name, seen[regex.name]), regex
