from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnlu.message import Message, Token
from onnlu.result import Entity, Intent, ParseResult
from onnlu_engine.errors import GraphComponentException

CITY = {
    "entity": "city",
    "start": 3,
    "end": 7,
    "confidence_entity": 0.5,
    "role": "to",
    "confidence_role": 0.25,
    "group": "1",
    "confidence_group": 0.125,
    "value": "Roma",
    "extractor": "DIETClassifier",
    "processors": ["EntitySynonymMapper"],
}
PARSE = {
    "text": "to rome",
    "intent": {"name": "go", "confidence": 0.75},
    "entities": [CITY],
    "text_tokens": [[0, 2], [3, 7]],
    "intent_ranking": [{"name": "go", "confidence": 0.75}, {"name": "bye", "confidence": 0.25}],
}


def message_of(parse: dict[str, Any]) -> Message:
    """A message as the components leave it when the parse is what they found."""
    text = parse["text"]
    tokens = [Token(text[start:end], start, end) for start, end in parse["text_tokens"]]
    data = {key: value for key, value in parse.items() if key != "text_tokens"}
    return Message(data, {"text": tokens})


def with_entity(**entity: Any) -> Message:
    return message_of(PARSE | {"entities": [entity]})


def test_a_result_is_what_the_components_left_on_the_message() -> None:
    assert ParseResult.from_message(message_of(PARSE)) == ParseResult(
        text="to rome",
        intent=Intent("go", 0.75),
        intent_ranking=(Intent("go", 0.75), Intent("bye", 0.25)),
        entities=(
            Entity(
                entity="city",
                start=3,
                end=7,
                value="Roma",
                confidence_entity=0.5,
                role="to",
                confidence_role=0.25,
                group="1",
                confidence_group=0.125,
                extractor="DIETClassifier",
                processors=("EntitySynonymMapper",),
            ),
        ),
        text_tokens=((0, 2), (3, 7)),
    )


def test_the_document_has_the_keys_of_rasa_in_its_order() -> None:
    document = ParseResult.from_message(message_of(PARSE)).to_dict()
    assert json.dumps(document) == json.dumps(PARSE)


@pytest.mark.shared
@pytest.mark.parametrize(
    "oracle", ["default", "relative_attention", "roles_and_groups", "no_transformer"]
)
def test_results_of_rasa_survive_the_way_through_a_message(shared: Path, oracle: str) -> None:
    parses = json.loads((shared / "oracles" / oracle / "parses.json").read_text())
    documents = [ParseResult.from_message(message_of(parse)).to_dict() for parse in parses]
    assert json.dumps(documents) == json.dumps(parses)


def test_keys_that_an_entity_does_not_have_are_left_out() -> None:
    entity = {"entity": "city", "start": 0, "end": 2, "value": "to"}
    assert ParseResult.from_message(with_entity(**entity)).to_dict()["entities"] == [entity]


def test_further_keys_of_an_extractor_are_kept() -> None:
    entity = {
        "entity": "time",
        "start": 0,
        "end": 2,
        "value": {"value": 2, "unit": None},
        "extractor": "DucklingEntityExtractor",
        "confidence": 1.0,
        "additional_info": {"grain": "hour"},
    }
    result = ParseResult.from_message(with_entity(**entity))
    assert result.to_dict()["entities"] == [entity]
    assert result.entities[0].extra == {"confidence": 1.0, "additional_info": {"grain": "hour"}}


def test_numbers_of_numpy_become_plain_ones() -> None:
    entity = {
        "entity": "time",
        "start": np.int64(0),
        "end": np.int32(2),
        "value": np.array([1, 2]),
        "confidence_entity": np.float32(0.5),
        "extra": ({"score": np.float64(0.25)},),
    }
    message = with_entity(**entity)
    message.set("intent", {"name": "go", "confidence": np.float32(0.75)})
    document = json.loads(json.dumps(ParseResult.from_message(message).to_dict()))
    assert document["intent"]["confidence"] == 0.75
    assert document["entities"][0] == {
        "entity": "time",
        "start": 0,
        "end": 2,
        "confidence_entity": 0.5,
        "value": [1, 2],
        "extra": [{"score": 0.25}],
    }


@pytest.mark.parametrize("key", ["entity", "start", "end", "value"])
def test_an_entity_without_a_key_it_needs_names_its_extractor(key: str) -> None:
    entity = {name: value for name, value in CITY.items() if name != key}
    with pytest.raises(GraphComponentException, match=f"DIETClassifier lacks {key}:"):
        ParseResult.from_message(with_entity(**entity))


def test_a_message_that_no_classifier_saw_has_no_intent() -> None:
    result = ParseResult.from_message(Message({"text": "hi"}))
    assert result.to_dict() == {
        "text": "hi",
        "intent": {"name": None, "confidence": 0.0},
        "entities": [],
        "text_tokens": [],
        "intent_ranking": [],
    }


@pytest.mark.parametrize("text", ["", "\0", "\ud800 lone \udfff", "🙂é\u2028", '"\\\n'])
def test_any_text_survives_json(text: str) -> None:
    entity = {"entity": "all", "start": 0, "end": len(text), "value": text}
    message = Message({"text": text, "entities": [entity]})
    document = json.loads(json.dumps(ParseResult.from_message(message).to_dict()))
    assert document["text"] == text
    assert document["entities"][0]["value"] == text


def test_a_result_cannot_be_changed() -> None:
    result = ParseResult.from_message(message_of(PARSE))
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.text = "other"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.entities[0].value = "other"  # type: ignore[misc]


def test_changing_the_document_leaves_the_result_alone() -> None:
    result = ParseResult.from_message(message_of(PARSE))
    document = result.to_dict()
    document["entities"][0]["processors"].append("other")
    document["intent"]["name"] = "other"
    assert result.to_dict() == PARSE


SELECTED = {
    "all_retrieval_intents": ["faq"],
    "faq": {
        "response": {
            "responses": [{"text": "Hi.", "buttons": [{"title": "Oh"}]}],
            "confidence": 0.5,
            "intent_response_key": "faq/a",
            "utter_action": "utter_faq/a",
        },
        "ranking": [{"confidence": 0.5, "intent_response_key": "faq/a"}],
    },
}


def test_what_selectors_say_comes_last() -> None:
    document = ParseResult.from_message(
        message_of(PARSE | {"response_selector": SELECTED})
    ).to_dict()
    assert document == PARSE | {"response_selector": SELECTED}
    assert list(document)[-1] == "response_selector"


def test_without_selectors_nothing_is_said_of_them() -> None:
    result = ParseResult.from_message(message_of(PARSE))
    assert result.response_selector == {}
    assert "response_selector" not in result.to_dict()


def test_a_caller_who_changes_a_response_changes_no_model() -> None:
    message = message_of(PARSE | {"response_selector": json.loads(json.dumps(SELECTED))})
    result = ParseResult.from_message(message)
    result.response_selector["faq"]["response"]["responses"].clear()
    result.to_dict()["response_selector"].clear()
    assert message.data["response_selector"] == SELECTED
