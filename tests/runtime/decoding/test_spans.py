from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from onnlu.decoding.spans import entities_from_tags
from onnlu.decoding.tags import OUTSIDE, Tag
from onnlu.message import Token


def parsed(words: str) -> list[Tag]:
    prefixed = re.compile("([BILU])-(.*)")
    tags = []
    for word in words.split():
        match = prefixed.fullmatch(word)
        tags.append(OUTSIDE if word == "O" else Tag(*match.groups()) if match else Tag("", word))
    return tags


def decode(
    text: str,
    *,
    split_by_comma: bool | Mapping[str, bool] = True,
    confidences: Mapping[str, list[float]] | None = None,
    **words: str,
) -> list[dict[str, Any]]:
    """Decode the tags of the runs of word characters of a text."""
    tokens = [Token(match[0], match.start(), match.end()) for match in re.finditer(r"\w+", text)]
    tags = {kind: parsed(kind_words) for kind, kind_words in words.items()}
    if confidences is None:
        confidences = {kind: [0.5] * len(tokens) for kind in tags}
    return entities_from_tags(text, tokens, tags, confidences, split_by_comma)


def values(text: str, words: str, split_by_comma: bool | Mapping[str, bool] = True) -> list[str]:
    return [e["value"] for e in decode(text, entity=words, split_by_comma=split_by_comma)]


def test_an_entity_has_its_keys_in_order() -> None:
    (entity,) = decode(
        "to new york", entity="O B-city L-city", role="O B-to L-to", group="O B-1 L-1"
    )
    assert list(entity.items()) == [
        ("entity", "city"),
        ("start", 3),
        ("end", 11),
        ("confidence_entity", 0.5),
        ("role", "to"),
        ("confidence_role", 0.5),
        ("group", "1"),
        ("confidence_group", 0.5),
        ("value", "new york"),
    ]


def test_roles_and_groups_that_are_not_predicted_leave_no_keys() -> None:
    (entity,) = decode("rome", entity="U-city", role="O", group="U-1")
    assert list(entity) == [
        *("entity", "start", "end", "confidence_entity"),
        *("group", "confidence_group", "value"),
    ]


def test_the_lowest_confidence_of_the_tokens_counts_for_each_kind() -> None:
    (entity,) = decode(
        "new york city",
        entity="B-city I-city L-city",
        role="B-to I-to L-to",
        confidences={"entity": [0.9, 0.4, 0.6], "role": [0.3, 0.8, 0.7]},
    )
    assert (entity["confidence_entity"], entity["confidence_role"]) == (0.4, 0.3)


def test_roles_without_an_entity_are_nothing() -> None:
    assert decode("to rome", entity="O O", role="O U-to") == []


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-a L-a U-a", ["one two", "three"]),
        ("U-a U-a U-a", ["one", "two", "three"]),
        ("U-a B-a L-a", ["one", "two three"]),
        ("a a a", ["one two three"]),
        ("a O a", ["one", "three"]),
        ("a b b", ["one", "two three"]),
    ],
)
def test_entities_start_where_a_tag_begins_or_the_type_changes(
    tags: str, expected: list[str]
) -> None:
    assert values("one two three", tags) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("O I-a L-a", [("a", "two three")]),
        ("O O L-a", [("a", "three")]),
        ("U-a I-a O", [("a", "one two")]),
        ("U-a I-b L-b", [("a", "one"), ("b", "two three")]),
        ("I-a O L-a", [("a", "one"), ("a", "three")]),
    ],
)
def test_stray_inside_and_last_tags_extend_entities_of_their_own_type_only(
    tags: str, expected: list[tuple[str, str]]
) -> None:
    found = decode("one two three", entity=tags)
    assert [(entity["entity"], entity["value"]) for entity in found] == expected


@pytest.mark.parametrize("kind", ["role", "group"])
def test_another_role_or_group_starts_an_entity(kind: str) -> None:
    found = decode("rome paris oslo", entity="a a a", **{kind: "x x y"})
    assert [(entity["value"], entity[kind]) for entity in found] == [
        ("rome paris", "x"),
        ("oslo", "y"),
    ]
    found = decode("rome paris", entity="a a", **{kind: "x O"})
    assert [(entity["value"], entity.get(kind)) for entity in found] == [
        ("rome", "x"),
        ("paris", None),
    ]


def test_roles_do_not_outlive_their_entity() -> None:
    found = decode("rome or oslo", entity="U-a O U-a", role="U-x O O")
    assert [entity.get("role") for entity in found] == ["x", None]


@pytest.mark.parametrize("gap", [" ", "-", "'", "  ", ". ", ": ", " - ", " “", ".  "])
@pytest.mark.parametrize("split_by_comma", [True, False])
def test_up_to_three_characters_without_a_comma_stand_inside_an_entity(
    gap: str, split_by_comma: bool
) -> None:
    text = f"one{gap}two"
    assert values(text, "B-a L-a", split_by_comma) == [text]
    assert values(text, "a a", split_by_comma) == [text]


@pytest.mark.parametrize("gap", [",", ", ", " , ", ".,"])
def test_a_comma_splits_unless_told_not_to(gap: str) -> None:
    text = f"one{gap}two"
    assert values(text, "B-a L-a", split_by_comma=True) == ["one", "two"]
    assert values(text, "B-a L-a", split_by_comma=False) == [text]


def test_commas_split_by_type_and_types_not_named_are_split() -> None:
    config = {"address": False, "food": True}
    assert values("High Street, York", "a a a", {"a": False}) == ["High Street, York"]
    assert values("ham, cheese", "food food", config) == ["ham", "cheese"]
    assert values("ham, cheese", "address address", config) == ["ham, cheese"]
    assert values("ham, cheese", "other other", config) == ["ham", "cheese"]


@pytest.mark.parametrize("gap", ["    ", "... ", " -- "])
def test_a_wider_gap_splits(gap: str) -> None:
    assert values(f"one{gap}two", "B-a L-a", split_by_comma=False) == ["one", "two"]


@pytest.mark.parametrize("tags", ["a O a", "I-a O L-a", "U-a O I-a"])
def test_a_token_outside_keeps_entities_apart_however_short_it_is(tags: str) -> None:
    assert values("x y z", tags) == ["x", "z"]


def test_tokens_that_touch_are_joined() -> None:
    tokens = [Token("new", 0, 3), Token("york", 3, 7)]
    tags = {"entity": parsed("B-a L-a")}
    found = entities_from_tags("newyork", tokens, tags, {"entity": [0.5, 0.5]}, True)
    assert [entity["value"] for entity in found] == ["newyork"]
