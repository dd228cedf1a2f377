from __future__ import annotations

import json

import pytest

from onnlu.decoding.tags import OUTSIDE, Tag, TagSpec, misaligned_entities, tag_ids, tag_specs
from onnlu.message import Token
from onnlu_engine.errors import InvalidDataException

BILOU = tag_specs(["date", "city"], ["to"], [], bilou=True)
PLAIN = tag_specs(["date", "city"], ["to"], [], bilou=False)


def tokens_of(text: str) -> list[Token]:
    tokens, position = [], 0
    for word in text.split():
        start = text.index(word, position)
        position = start + len(word)
        tokens.append(Token(word, start, position))
    return tokens


TOKENS = tokens_of("from new york city to rome")
NEW_YORK_CITY = {"entity": "city", "start": 5, "end": 18}
ROME = {"entity": "city", "start": 22, "end": 26, "role": "to"}


def test_bilou_tags_are_four_a_value_in_the_order_of_sorted_values() -> None:
    assert BILOU[0].tags == (
        "O",
        *("B-city", "I-city", "L-city", "U-city"),
        *("B-date", "I-date", "L-date", "U-date"),
    )


def test_plain_tags_are_the_sorted_values() -> None:
    assert PLAIN[0].tags == ("O", "city", "date")


def test_kinds_without_values_have_no_spec_and_the_others_keep_their_order() -> None:
    assert [spec.name for spec in BILOU] == ["entity", "role"]
    assert [spec.name for spec in tag_specs(["a"], ["b"], ["c"], bilou=True)] == [
        "entity",
        "role",
        "group",
    ]
    assert tag_specs([], [], [], bilou=True) == []


def test_repeated_values_count_once() -> None:
    assert tag_specs(["a", "a"], [], [], bilou=False)[0].tags == ("O", "a")


def test_a_value_may_not_be_called_like_the_outside() -> None:
    with pytest.raises(InvalidDataException, match="role 'O'"):
        tag_specs(["city"], ["O"], [], bilou=True)


def test_parsed_tags_stand_at_their_ids() -> None:
    assert BILOU[0].parsed()[0] == OUTSIDE
    assert BILOU[0].parsed()[7] == Tag("L", "date")
    assert PLAIN[0].parsed() == (OUTSIDE, Tag("", "city"), Tag("", "date"))


def test_a_plain_value_that_looks_like_a_bilou_tag_is_a_value() -> None:
    spec = tag_specs(["U-Bahn", "Bahn"], [], [], bilou=False)[0]
    assert spec.parsed()[2] == Tag("", "U-Bahn")
    entities = [
        {"entity": "Bahn", "start": 0, "end": 4},
        {"entity": "U-Bahn", "start": 5, "end": 8},
    ]
    assert tag_ids(TOKENS, entities, spec).tolist() == [1, 2, 0, 0, 0, 0]


def test_an_entity_of_several_tokens_begins_goes_on_and_ends() -> None:
    ids = tag_ids(TOKENS, [NEW_YORK_CITY, ROME], BILOU[0])
    assert ids.tolist() == [0, 1, 2, 3, 0, 4]
    assert ids.dtype == "int32"


def test_plain_tags_repeat_on_every_token_of_an_entity() -> None:
    assert tag_ids(TOKENS, [NEW_YORK_CITY, ROME], PLAIN[0]).tolist() == [0, 1, 1, 1, 0, 1]


def test_only_entities_with_a_role_have_role_tags() -> None:
    assert tag_ids(TOKENS, [NEW_YORK_CITY, ROME], BILOU[1]).tolist() == [0, 0, 0, 0, 0, 4]


def test_of_overlapping_entities_the_later_tags_the_shared_tokens() -> None:
    date = {"entity": "date", "start": 9, "end": 13}
    assert tag_ids(TOKENS, [NEW_YORK_CITY, date], BILOU[0]).tolist() == [0, 1, 8, 3, 0, 0]
    assert tag_ids(TOKENS, [date, NEW_YORK_CITY], BILOU[0]).tolist() == [0, 1, 2, 3, 0, 0]


@pytest.mark.parametrize(
    ("start", "end"),
    [(6, 18), (5, 17), (4, 18), (5, 19), (22, 4), (30, 40)],
)
def test_an_entity_off_the_token_borders_is_ignored_and_reported(start: int, end: int) -> None:
    entity = {"entity": "city", "start": start, "end": end}
    assert tag_ids(TOKENS, [entity], BILOU[0]).tolist() == [0] * 6
    assert misaligned_entities(TOKENS, [ROME, entity, NEW_YORK_CITY]) == [entity]


def test_a_value_that_the_spec_does_not_know_is_outside() -> None:
    entity = {"entity": "river", "start": 0, "end": 4}
    assert tag_ids(TOKENS, [entity], BILOU[0]).tolist() == [0] * 6


def test_a_text_without_tokens_has_no_tags() -> None:
    assert tag_ids([], [], BILOU[0]).shape == (0,)


@pytest.mark.parametrize("spec", [*BILOU, *PLAIN])
def test_a_spec_survives_json(spec: TagSpec) -> None:
    document = json.loads(json.dumps(spec.to_json()))
    assert TagSpec.from_json(document, spec.bilou) == spec


@pytest.mark.parametrize(
    ("document", "bilou"),
    [
        ({"name": "entity", "tags": ["O", "city"]}, True),
        ({"name": "entity", "tags": ["O", "B-a", "L-a", "I-a", "U-a"]}, True),
        ({"name": "entity", "tags": ["O", "B-a", "I-a", "L-b", "U-a"]}, True),
        ({"name": "entity", "tags": ["O", "B-a", "I-a"]}, True),
        ({"name": "entity", "tags": ["city", "O"]}, False),
        ({"name": "entity", "tags": ["O", "a", "a"]}, False),
        ({"name": "entity", "tags": ["O", 3]}, False),
        ({"name": "entity", "tags": ["O"]}, False),
        ({"name": "entity", "tags": "Oab"}, False),
        ({"name": "mood", "tags": ["O", "a"]}, False),
        ({"tags": ["O", "a"]}, False),
        (["O", "a"], False),
    ],
)
def test_a_document_of_another_shape_is_refused(document: object, bilou: bool) -> None:
    with pytest.raises(ValueError, match=r"must be"):
        TagSpec.from_json(document, bilou)
