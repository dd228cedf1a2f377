from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

import onnlu
from onnlu.message import Message
from onnlu_train.data import read_training_data
from onnlu_train.evaluation.confidence import Thresholds
from onnlu_train.evaluation.evaluation import Evaluation
from onnlu_train.evaluation.notices import prediction_notices
from onnlu_train.evaluation.predictions import (
    Guess,
    Prediction,
    _ranking,
    _response,
    predict,
    prediction_from_json,
)

Make = Callable[..., Prediction]


def test_predictions_hold_what_is_right_and_what_the_model_says(
    exported_model: Path, tiny_project: Path
) -> None:
    nlu = onnlu.load(exported_model)
    messages = read_training_data([tiny_project / "nlu.yml"]).training_data.examples

    predictions = predict(nlu, messages)

    assert [p.expected_intent for p in predictions] == ["greet"] * 6 + ["fly"] * 6
    for message, prediction in zip(messages, predictions, strict=True):
        result = nlu.parse(message.data["text"])
        assert prediction.text == result.text
        assert prediction.intent.label == result.intent.name
        assert prediction.tokens == result.text_tokens
        assert [e["entity"] for e in prediction.entities] == [e.entity for e in result.entities]
        record = json.loads(json.dumps(asdict(prediction)))
        assert prediction_from_json(record) == prediction


def test_notices_name_what_the_model_cannot_know(exported_model: Path) -> None:
    nlu = onnlu.load(exported_model)
    entity = {"start": 0, "end": 5, "entity": "mood", "value": "happy"}
    messages = [
        Message({"text": "happy", "intent": "mood", "entities": [entity]}),
        Message({"text": "hello " * 2000, "intent": "greet", "entities": []}),
    ]

    predictions = predict(nlu, messages)

    assert [prediction.truncated for prediction in predictions] == [False, True]
    assert prediction_notices(predictions, nlu.model.manifest["labels"]) == [
        "the model knows no intent mood: 1 in the test data cannot come out right",
        "the model knows no entity type mood: 1 in the test data cannot come out right",
        "texts cut off, as they exceed the model's limits: 1",
    ]


def test_a_fallback_is_taken_back() -> None:
    ranking = [
        {"name": "nlu_fallback", "confidence": 0.3},
        {"name": "fly", "confidence": 0.2},
        {"name": "greet", "confidence": 0.1},
    ]
    parsed = {"intent": ranking[0], "intent_ranking": ranking}
    assert _ranking(parsed) == (Guess("fly", 0.2), Guess("greet", 0.1))


def test_nothing_known_is_the_empty_label() -> None:
    assert _ranking({"intent": {"name": None, "confidence": 0.0}, "intent_ranking": []}) == ()


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        (None, None),
        ({}, None),
        ({"default": {"response": {}}}, Guess("", 0.0)),
        (
            {"default": {"response": {"intent_response_key": "faq/a", "confidence": 0.5}}},
            Guess("faq/a", 0.5),
        ),
        (
            {
                "default": {"response": {"intent_response_key": "chitchat/b", "confidence": 0.5}},
                "faq": {"response": {"intent_response_key": "faq/c", "confidence": 0.25}},
            },
            Guess("faq/c", 0.25),
        ),
    ],
)
def test_the_selector_of_the_retrieval_intent_goes_before_the_default(
    selectors: object, expected: Guess | None
) -> None:
    assert _response(selectors, "faq") == expected


def test_the_intent_goes_before_a_ranking_of_another_classifier() -> None:
    ranking = [{"name": "greet", "confidence": 0.9}, {"name": "fly", "confidence": 0.1}]
    parsed = {"intent": {"name": "fly", "confidence": 1.0}, "intent_ranking": ranking}
    assert _ranking(parsed) == (Guess("fly", 1.0), Guess("greet", 0.9))


def test_figures_leave_out_what_the_data_has_nothing_of(predicted: Make) -> None:
    intents = predicted("hello", "greet", ("greet", 0.9))
    entities = predicted("to Rome", entities=[(3, 7, "city")])
    for prediction, parts in ((intents, {"intents"}), (entities, {"entities"})):
        figures = Evaluation.of([prediction], Thresholds()).figures()
        assert set(figures) == {"messages", *parts}


def test_a_notice_tells_why_there_is_no_report_by_token(predicted: Make) -> None:
    labels = {"intents": [], "entities": ["city"]}
    found = predicted("to Rome", None, (), [(3, 7, "city")], [(3, 7, "city")])
    assert prediction_notices([found], labels) == []
    (notice,) = prediction_notices([replace(found, tokens=())], labels)
    assert notice.startswith("the pipeline has no tokenizer: ")


def test_a_notice_tells_that_similarities_are_no_confidences(predicted: Make) -> None:
    labels = {"intents": ["fly", "greet"], "entities": []}
    sure = predicted("hi", "greet", [("greet", 1.0000001), ("fly", 0.0)])
    assert prediction_notices([sure], labels) == []
    similar = predicted("hi", "greet", [("greet", 4.2), ("fly", -1.5)])
    (notice,) = prediction_notices([sure, similar], labels)
    assert notice.startswith("confidences are similarities")
