"""Responses of a selector, in the shape of Rasa's /model/parse (behaviour.md 3.11)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from onnlu.decoding.response import ResponseDecoder
from onnlu.decoding.response_facts import ResponseFacts
from onnlu.message import Message
from onnlu_engine.errors import CorruptModelException

HOURS, NAME = [{"text": "Nine to five."}], [{"text": "I am a bot."}, {"image": "bot.png"}]
FACTS = ResponseFacts(
    labels=("faq/ask_hours", "faq/ask_name", "faq/ask_age"),
    responses={"faq/ask_hours": HOURS, "faq/ask_name": NAME, "faq/ask_age": [{"text": "Old."}]},
    retrieval_intent=None,
    all_retrieval_intents=("chitchat", "faq"),
    ranking_length=2,
    renormalize_confidences=False,
)
NOTHING = {
    "response": {
        "responses": None,
        "confidence": 0.0,
        "intent_response_key": None,
        "utter_action": None,
    },
    "ranking": [],
}


def decoder(**changed: Any) -> ResponseDecoder:
    return ResponseDecoder(FACTS.to_json() | changed)


def selected(*confidences: list[float], **changed: Any) -> list[dict[str, Any]]:
    messages = [Message({"text": "x"}) for _ in confidences]
    outputs = {"response.confidences": np.array(confidences, np.float32)}
    decoder(**changed).annotate_batch(messages, outputs)
    return [message.data["response_selector"] for message in messages]


def test_the_result_has_the_shape_of_rasas() -> None:
    assert selected([0.25, 0.5, 0.125]) == [
        {
            "all_retrieval_intents": ["chitchat", "faq"],
            "default": {
                "response": {
                    "responses": NAME,
                    "confidence": 0.5,
                    "intent_response_key": "faq/ask_name",
                    "utter_action": "utter_faq/ask_name",
                },
                "ranking": [
                    {"confidence": 0.5, "intent_response_key": "faq/ask_name"},
                    {"confidence": 0.25, "intent_response_key": "faq/ask_hours"},
                ],
            },
        }
    ]


def test_each_message_of_a_batch_has_its_own() -> None:
    found = selected([0.25, 0.5, 0.125], [0.75, 0.0, 0.25])
    keys = [one["default"]["response"]["intent_response_key"] for one in found]
    assert keys == ["faq/ask_name", "faq/ask_hours"]


def test_a_ranking_that_is_cut_off_may_sum_to_one() -> None:
    (found,) = selected([0.25, 0.5, 0.25], renormalize_confidences=True)
    assert found["default"]["response"]["confidence"] == pytest.approx(2 / 3)


def test_several_selectors_stand_side_by_side() -> None:
    message = Message({"text": "x"})
    outputs = {"response.confidences": np.array([[0.5, 0.25, 0.25]], np.float32)}
    for intent in ("faq", None, "chitchat"):
        decoder(retrieval_intent=intent).annotate_batch([message], outputs)
    found = message.data["response_selector"]
    assert list(found) == ["all_retrieval_intents", "faq", "default", "chitchat"]


def test_a_message_without_features_has_an_empty_result() -> None:
    message = Message({"text": "x"})
    decoder(retrieval_intent="faq").annotate_without_features(message)
    assert message.data["response_selector"]["faq"] == NOTHING


def test_a_selector_that_learnt_nothing_is_not_trained() -> None:
    untrained = decoder(labels=[], responses={}, all_retrieval_intents=[])
    assert decoder().is_trained
    assert not untrained.is_trained
    message = Message({"text": "x"})
    untrained.annotate_without_features(message)
    assert message.data["response_selector"] == {"all_retrieval_intents": [], "default": NOTHING}


def test_outputs_of_another_model_are_refused() -> None:
    with pytest.raises(CorruptModelException, match=r"shape \(1, 2\), not \(1, 3\)"):
        selected([0.5, 0.5])


def test_facts_survive_json() -> None:
    assert ResponseFacts.from_json(json.loads(json.dumps(FACTS.to_json()))) == FACTS


@pytest.mark.parametrize("key", sorted(FACTS.to_json()))
def test_a_missing_key_is_named(key: str) -> None:
    document = FACTS.to_json()
    del document[key]
    with pytest.raises(CorruptModelException, match=f"'{key}' is missing"):
        ResponseFacts.from_json(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("labels", ["a", "a"]),
        ("responses", []),
        ("responses", {"faq/ask_age": "Old."}),
        ("responses", {"faq/ask_age": ["Old."]}),
        ("responses", {"faq/ask_age": [{"text": "Old."}]}),
        ("retrieval_intent", ""),
        ("retrieval_intent", 1),
        ("all_retrieval_intents", None),
        ("ranking_length", -1),
        ("renormalize_confidences", "no"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(key: str, value: Any) -> None:
    with pytest.raises(CorruptModelException, match=f"'{key}'"):
        ResponseFacts.from_json(FACTS.to_json() | {key: value})
