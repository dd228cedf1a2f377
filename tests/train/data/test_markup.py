from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_train.data.markup import MarkupError, parse_markup


def entity(start: int, end: int, type_: str, value: str, **more: str) -> dict[str, Any]:
    return {"start": start, "end": end, "entity": type_, "value": value, **more}


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("play jazz", "play jazz", []),
        ("play [jazz](genre)", "play jazz", [entity(5, 9, "genre", "jazz")]),
        ("in [nyc](city:New York)!", "in nyc!", [entity(3, 6, "city", "New York")]),
        ("at [6](time:18:00)", "at 6", [entity(3, 4, "time", "18:00")]),
        (
            'from [oslo]{"entity": "city", "role": "from"} to [rome](city)',
            "from oslo to rome",
            [entity(5, 9, "city", "oslo", role="from"), entity(13, 17, "city", "rome")],
        ),
        (
            '[l]{"entity": "size", "group": "1", "value": "large}"}',
            "l",
            [entity(0, 1, "size", "large}", group="1")],
        ),
        ('[a]{"entity": "x", "value": "[b](c)"} d', "a d", [entity(0, 1, "x", "[b](c)")]),
        ("a [b] (c) d[0] {e}", "a [b] (c) d[0] {e}", []),
        ("see [note [paris](city)", "see [note paris", [entity(10, 15, "city", "paris")]),
        ("[zoë 🎺](artist) hören", "zoë 🎺 hören", [entity(0, 5, "artist", "zoë 🎺")]),
        ("[ab](x)[c](y)", "abc", [entity(0, 2, "x", "ab"), entity(2, 3, "y", "c")]),
        ("\t [ new york ](city) ", "new york", [entity(0, 8, "city", "new york")]),
        ("to [ new york ]( city )now", "to  new york now", [entity(4, 12, "city", "new york")]),
        ("- 5 degrees", "- 5 degrees", []),
        ("[a][b]", "[a][b]", []),
    ],
)  # fmt: skip
def test_annotations_become_spans_of_the_plain_text(
    source: str, text: str, entities: list[dict[str, Any]]
) -> None:
    assert parse_markup(source) == (text, entities)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("[paris](city", "lacks its ')'"),
        ("[paris]()", "names no entity type"),
        ("[paris](:Paris)", "names no entity type"),
        ("[paris](city:)", "empty value"),
        ("[](city)", "annotates no text"),
        ("[ ](city)", "annotates no text"),
        ("[paris]{entity: city}", "not valid JSON"),
        ('[paris]{"entity": "city"', "not valid JSON"),
        ('[paris]{"a":' + "[" * 100_000, "not valid JSON"),
        ("[paris]{}", "names no entity type"),
        ('[paris]{"role": "to"}', "names no entity type"),
        ('[paris]{"entity": "city", "rol": "to"}', "unknown key 'rol'. Did you mean 'role'?"),
        ('[paris]{"entity": "city", "group": 1}', "the 'group' of '[paris]' is not text"),
        ('[paris]{"entity": ""}', "the 'entity' of '[paris]' is not text"),
        ('[paris][{"entity": "a"}, {"entity": "b"}]', "one entity only"),
    ],
)
def test_an_annotation_that_does_not_parse_is_an_error(source: str, message: str) -> None:
    with pytest.raises(MarkupError) as error:
        parse_markup(source)
    assert message in str(error.value)
    assert ";" in str(error.value) or "?" in str(error.value), "a remedy follows the cause"


PLAIN = st.text(st.characters(exclude_characters="[](){}", exclude_categories=("Cs", "Cc")))
WORD = PLAIN.map(str.strip).filter(bool)
PART = st.tuples(PLAIN, WORD, WORD.filter(lambda word: ":" not in word), st.none() | WORD)


@given(st.lists(PART), PLAIN)
def test_every_span_is_found_where_it_was_written(
    parts: list[tuple[str, str, str, str | None]], tail: str
) -> None:
    source = text = ""
    expected = []
    for before, span, type_, role in parts:
        attributes = {"entity": type_} | ({"role": role} if role else {})
        annotation = json.dumps(attributes) if role else f"({type_})"
        source += f"{before}[{span}]{annotation}"
        text += before
        expected.append((len(text), len(text) + len(span), span, attributes))
        text += span
    found_text, found = parse_markup(source + tail)

    assert found_text == (text + tail).strip()
    shift = len(text + tail) - len((text + tail).lstrip())
    assert [
        (e["start"], e["end"], e["value"], {k: e[k] for k in ("entity", "role") if k in e})
        for e in found
    ] == [
        (start - shift, end - shift, span, attributes) for start, end, span, attributes in expected
    ]
    assert all(found_text[e["start"] : e["end"]] == e["value"] for e in found)


@given(st.text(alphabet='[](){}:" ab,entity', max_size=40))
def test_any_string_is_text_or_a_markup_error(source: str) -> None:
    try:
        text, entities = parse_markup(source)
    except MarkupError:
        return
    assert text == text.strip()
    assert all(0 <= e["start"] < e["end"] <= len(text) for e in entities)
