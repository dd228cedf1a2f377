"""Regular expressions of the training data: compiled, and kept in a resource."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from onnlu.components import options
from onnlu.components.json_resource import read_json, write_json
from onnlu.training_data import LookupTable, Regex
from onnlu_engine import ModelStorage, Resource
from onnlu_engine.errors import CorruptModelException, InvalidConfigException

_FILE: Final = "patterns.json"


def compiled(patterns: Sequence[Regex], case_sensitive: bool) -> list[re.Pattern[str]]:
    """Compile patterns.

    Raises:
        InvalidConfigException: one is no regular expression; it says which.
    """
    flags = 0 if case_sensitive else re.IGNORECASE
    return [_compiled(regex, flags) for regex in patterns]


def table_regex(table: LookupTable, before: str = "", after: str = "") -> Regex:
    """Return a pattern that finds any phrase of a lookup table, the first listed that fits.

    Args:
        table: its phrases are taken literally.
        before: a pattern to put before each phrase, such as a boundary of words.
        after: a pattern to put after each phrase.
    """
    phrases = (f"{before}{re.escape(phrase)}{after}" for phrase in table.elements)
    return Regex(table.name, f"({'|'.join(phrases)})")


def write_patterns(
    model_storage: ModelStorage, resource: Resource, patterns: Sequence[Regex]
) -> None:
    """Write patterns into a resource, in their order."""
    content = [{"name": regex.name, "pattern": regex.pattern} for regex in patterns]
    write_json(model_storage, resource, _FILE, content)


def read_patterns(model_storage: ModelStorage, resource: Resource) -> list[Regex]:
    """Read what `write_patterns` wrote.

    Raises:
        ResourceNotFoundException: nothing was persisted under this name.
        CorruptModelException: what was persisted is missing or has another shape.
    """
    expected = "a list of {name, pattern}"
    content = read_json(model_storage, resource, _FILE, _are_patterns, expected)
    patterns = [Regex(item["name"], item["pattern"]) for item in content]
    try:
        compiled(patterns, case_sensitive=True)
    except InvalidConfigException as error:
        raise CorruptModelException(f"File '{_FILE}' of '{resource.name}': {error}") from error
    return patterns


def _compiled(regex: Regex, flags: int) -> re.Pattern[str]:
    try:
        return re.compile(regex.pattern, flags)
    except (re.error, RecursionError, OverflowError) as error:
        raise InvalidConfigException(
            f"Regex '{regex.name}' is no regular expression: {error}. Correct {regex.pattern!r}."
        ) from error


def _are_patterns(content: Any) -> bool:
    return isinstance(content, list) and all(
        isinstance(item, dict)
        and item.keys() == {"name", "pattern"}
        and options.is_texts(list(item.values()))
        for item in content
    )
