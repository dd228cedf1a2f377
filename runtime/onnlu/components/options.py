"""The options of a component: what each is by default, and what it may be."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from onnlu_engine.errors import InvalidConfigException, did_you_mean


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a component.

    Attributes:
        default: its value where the user gives none.
        allowed: what it may be, to end the sentence "must be ...".
        accepts: tells whether a value is allowed.
    """

    default: Any
    allowed: str
    accepts: Callable[[Any], bool]


def default_config(options: Mapping[str, Option]) -> dict[str, Any]:
    """Return the default of every option, in a fresh dict."""
    return {name: copy.deepcopy(option.default) for name, option in options.items()}


def check_config(component: str, config: Mapping[str, Any], options: Mapping[str, Option]) -> None:
    """Check a whole config, defaults included.

    Raises:
        InvalidConfigException: every unknown option and every value that is not allowed, one a
            line.
    """
    problems = [
        f"{component} has no option '{name}'. {did_you_mean(name, options)}"
        for name in config
        if name not in options
    ]
    problems += [
        f"{component}: '{name}' must be {option.allowed}, not {config[name]!r}."
        for name, option in options.items()
        if not option.accepts(config[name])
    ]
    if problems:
        raise InvalidConfigException("\n".join(problems))


def flag(default: bool) -> Option:
    """Return an option that is on or off."""
    return Option(default, "true or false", lambda value: isinstance(value, bool))


def text(default: str) -> Option:
    """Return an option that is a text of at least one character."""
    return Option(default, "a text", lambda value: isinstance(value, str) and value != "")


def optional_text() -> Option:
    """Return an option that is a text, or null by default."""
    return Option(
        None,
        "a text, or null",
        lambda value: value is None or (isinstance(value, str) and value != ""),
    )


def choice(default: str | None, *values: str | None) -> Option:
    """Return an option that is one of a few values."""
    names = ", ".join("null" if value is None else f"'{value}'" for value in values)
    return Option(default, f"one of {names}", lambda value: value in values)


def whole_number(default: int) -> Option:
    """Return an option that is a whole number of at least 1."""
    return Option(default, "a whole number of at least 1", is_positive)


def optional_whole_number() -> Option:
    """Return an option that is a whole number of at least 1, or null by default."""
    return Option(
        None,
        "a whole number of at least 1, or null",
        lambda value: value is None or is_positive(value),
    )


def share(default: float) -> Option:
    """Return an option that is a number from 0 to 1."""
    return Option(
        default,
        "a number from 0 to 1",
        lambda value: (
            isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
        ),
    )


def words(default: list[str] | None) -> Option:
    """Return an option that is a list of texts; null may stand for none if it is the default."""
    allowed = "a list of texts" if default is not None else "a list of texts, or null"
    return Option(
        default, allowed, lambda value: (value is None and default is None) or is_texts(value)
    )


def is_positive(value: Any) -> bool:
    """Tell whether a value is a whole number of at least 1; `True` is none."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def is_texts(value: Any) -> bool:
    """Tell whether a value is a list of texts."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
