from __future__ import annotations

from typing import Any

import pytest

from onnlu.components.regex_message_handler import RegexMessageHandler
from onnlu.message import Message
from onnlu_engine.errors import InvalidConfigException

PARSED = {
    "intent": {"name": "bye", "confidence": 0.7},
    "intent_ranking": [{"name": "bye", "confidence": 0.7}],
    "entities": [{"entity": "city", "value": "oslo"}],
}


def handled(build: Any, text: str) -> dict[str, Any]:
    messages = [Message({"text": text, **PARSED})]
    assert build(RegexMessageHandler).process(messages) is messages
    return messages[0].data


def test_an_intent_is_taken_from_the_text(build: Any) -> None:
    assert handled(build, "/greet") == {
        "text": "/greet",
        "intent": {"name": "greet", "confidence": 1.0},
        "intent_ranking": [{"name": "greet", "confidence": 1.0}],
        "entities": [],
    }


def test_entities_stand_where_the_json_does(build: Any) -> None:
    assert handled(build, '/greet{"name": "Ada", "age": 36}')["entities"] == [
        {"entity": "name", "start": 6, "end": 32, "value": "Ada"},
        {"entity": "age", "start": 6, "end": 32, "value": 36},
    ]


def test_a_list_gives_several_values(build: Any) -> None:
    entities = handled(build, '/greet{"name": ["Ada", "Bob"], "none": []}')["entities"]
    assert [(e["entity"], e["value"]) for e in entities] == [("name", "Ada"), ("name", "Bob")]


def test_a_confidence_may_be_given(build: Any) -> None:
    data = handled(build, '/greet@0.9{"name": "Ada"}')
    assert data["intent"] == {"name": "greet", "confidence": 0.9}
    assert data["intent_ranking"] == [data["intent"]]
    assert len(data["entities"]) == 1


def test_blanks_around_the_parts_do_not_matter(build: Any) -> None:
    data = handled(build, '/faq/ask_name {"a": "x\\ny"}\n')
    assert data["intent"]["name"] == "faq/ask_name"
    assert data["entities"] == [{"entity": "a", "start": 14, "end": 27, "value": "x\ny"}]


@pytest.mark.parametrize("text", ["", "greet", " /greet", "what is /greet"])
def test_other_texts_pass_untouched(
    build: Any, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert handled(build, text) == {"text": text, **PARSED}
    assert caplog.text == ""


@pytest.mark.parametrize(
    "text",
    [
        "/",
        "/ greet",
        "/greet you",
        "/{}",
        '/greet{"name": "Ada"',
        '/greet{"name": "Ada"} you',
        "/greet{name: Ada}",
        '/greet{"n": NaN}',
        '/greet{"n": 1e999}',
        '/greet{"n": ' + "1" * 5000 + "}",
        '/greet{"n": ' + "[" * 100_000 + "}",
        "/greet@2",
        "/greet@x",
        "/greet@",
    ],
    ids=lambda text: text[:20],
)
def test_a_malformed_text_stays_as_parsed_and_is_told(
    build: Any, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert handled(build, text) == {"text": text, **PARSED}
    assert "the models' parse is kept" in caplog.text
    assert "Ada" not in caplog.text


def test_there_are_no_options(build: Any) -> None:
    with pytest.raises(InvalidConfigException, match="no option 'prefix'"):
        build(RegexMessageHandler, prefix="!")
