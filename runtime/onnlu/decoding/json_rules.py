"""Rules for facts: what a value of plain JSON may be, and what is wrong with a whole document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from onnlu_engine.errors import CorruptModelException


class Rule(NamedTuple):
    """What one value may be, to end the sentence "must be ..."."""

    is_right: Callable[[Any], bool]
    expected: str


def problems_of(document: Any, rules: Mapping[str, Rule]) -> list[str]:
    """Return what is wrong with a document that is to have some keys; others may be there too."""
    if not isinstance(document, Mapping):
        return [f"they must be a mapping, not {_short(document)}"]
    problems = []
    for key, rule in rules.items():
        if key not in document:
            problems.append(f"{key!r} is missing")
        elif not rule.is_right(document[key]):
            problems.append(f"{key!r} must be {rule.expected}, not {_short(document[key])}")
    return problems


def refuse(problems: list[str]) -> None:
    """Refuse facts that have problems.

    Raises:
        CorruptModelException: there are problems; it names all of them.
    """
    if problems:
        raise CorruptModelException(
            f"the model's facts cannot be used: {'; '.join(problems)}; export the model again"
        )


def is_flag(value: Any) -> bool:
    """Tell whether a value is true or false."""
    return isinstance(value, bool)


def is_name(value: Any) -> bool:
    """Tell whether a value is a text of at least one character."""
    return isinstance(value, str) and bool(value)


def _are_labels(value: Any) -> bool:
    return (
        isinstance(value, list)
        and all(isinstance(label, str) for label in value)
        and len(set(value)) == len(value)
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    """Tell whether a value is a finite number that float32 has too."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 3e38


COUNT = Rule(_is_count, "a whole number from 0")
FLAG = Rule(is_flag, "true or false")
LABELS = Rule(_are_labels, "a list of distinct strings")
LIST = Rule(lambda value: isinstance(value, list), "a list")
NAME = Rule(is_name, "a name")
NUMBER = Rule(_is_number, "a finite number")
TEXT = Rule(lambda value: isinstance(value, str), "a text")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
