from __future__ import annotations

from typing import Any

import pytest

from onnlu.components import options
from onnlu_engine.errors import InvalidConfigException

OPTIONS = {
    "flag": options.flag(True),
    "text": options.text("_"),
    "optional_text": options.optional_text(),
    "choice": options.choice(None, None, "ascii"),
    "whole_number": options.whole_number(1),
    "words": options.words([]),
    "optional_words": options.words(None),
}


def test_defaults_are_allowed_and_fresh() -> None:
    config = options.default_config(OPTIONS)
    options.check_config("Component", config, OPTIONS)
    config["words"].append("changed")
    assert options.default_config(OPTIONS)["words"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("flag", False),
        ("text", "x"),
        ("optional_text", "x"),
        ("choice", "ascii"),
        ("whole_number", 7),
        ("words", ["a"]),
        ("optional_words", ["a"]),
    ],
)
def test_allowed_values_pass(name: str, value: Any) -> None:
    options.check_config("Component", {**options.default_config(OPTIONS), name: value}, OPTIONS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("flag", value) for value in (None, 1, "true")),
        *(("text", value) for value in (None, "", 1)),
        *(("optional_text", value) for value in ("", 1)),
        *(("choice", value) for value in ("unicode", 1)),
        *(("whole_number", value) for value in (0, True, 1.0, "1", None)),
        *(("words", value) for value in (None, "a", [1])),
        *(("optional_words", value) for value in ("a", [None])),
    ],
)
def test_other_values_are_refused(name: str, value: Any) -> None:
    config = {**options.default_config(OPTIONS), name: value}
    with pytest.raises(InvalidConfigException, match=f"Component: '{name}' must be "):
        options.check_config("Component", config, OPTIONS)


def test_all_problems_are_told_at_once() -> None:
    config = {**options.default_config(OPTIONS), "flag": 1, "words": 2, "flga": True}
    with pytest.raises(InvalidConfigException) as error:
        options.check_config("Component", config, OPTIONS)
    assert str(error.value).splitlines() == [
        "Component has no option 'flga'. Did you mean 'flag'?",
        "Component: 'flag' must be true or false, not 1.",
        "Component: 'words' must be a list of texts, not 2.",
    ]
