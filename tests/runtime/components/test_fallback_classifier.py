from __future__ import annotations

from typing import Any

import pytest

from onnlu.components.fallback_classifier import FallbackClassifier
from onnlu.components.intent_classifier import IntentClassifier
from onnlu.message import Message
from onnlu_engine.errors import InvalidConfigException


def classified(*intents: tuple[str, float]) -> Message:
    """Return a message with a ranking, whose first intent is the message's."""
    ranking = [{"name": name, "confidence": confidence} for name, confidence in intents]
    return Message({"text": "x", "intent": dict(ranking[0]), "intent_ranking": ranking})


def judged(build: Any, message: Message, **config: float) -> list[tuple[str, float]]:
    """Return the intent, and after it the ranking."""
    classifier = build(FallbackClassifier, **config)
    messages = [message]
    assert classifier.process(messages) is messages
    intents = [message.data["intent"], *message.data.get("intent_ranking", [])]
    return [(intent["name"], intent["confidence"]) for intent in intents]


def test_an_intent_that_is_sure_enough_stays(build: Any) -> None:
    message = classified(("greet", 0.8), ("bye", 0.2))
    assert judged(build, message) == [("greet", 0.8), ("greet", 0.8), ("bye", 0.2)]


def test_an_intent_below_the_threshold_gives_way_and_stays_in_the_ranking(build: Any) -> None:
    message = classified(("greet", 0.29), ("bye", 0.1))
    assert judged(build, message) == [
        ("nlu_fallback", 0.3), ("nlu_fallback", 0.3), ("greet", 0.29), ("bye", 0.1),
    ]  # fmt: skip


def test_a_confidence_that_is_the_threshold_is_enough(build: Any) -> None:
    assert judged(build, classified(("greet", 0.3)))[0] == ("greet", 0.3)


def test_the_threshold_is_an_option_and_the_confidence_of_the_fallback(build: Any) -> None:
    assert judged(build, classified(("greet", 0.8)), threshold=0.9)[0] == ("nlu_fallback", 0.9)


def test_two_intents_of_nearly_equal_confidence_give_way(build: Any) -> None:
    message = classified(("greet", 0.52), ("bye", 0.45))
    assert judged(build, message)[0] == ("nlu_fallback", 0.3)


def test_a_distance_that_is_the_ambiguity_threshold_is_enough(build: Any) -> None:
    message = classified(("greet", 0.5), ("bye", 0.25))
    assert judged(build, message, ambiguity_threshold=0.25)[0] == ("greet", 0.5)


def test_the_ambiguity_threshold_is_an_option(build: Any) -> None:
    message = classified(("greet", 0.52), ("bye", 0.45))
    assert judged(build, message, ambiguity_threshold=0.05)[0] == ("greet", 0.52)


def test_a_message_without_an_intent_falls_back(build: Any) -> None:
    assert judged(build, Message({"text": "x"})) == [("nlu_fallback", 0.3)] * 2


def test_a_message_of_which_nothing_is_known_falls_back(build: Any) -> None:
    unknown = Message({"text": "x", "intent": {"name": None, "confidence": 0.0}})
    assert judged(build, unknown) == [("nlu_fallback", 0.3)] * 2


def test_an_intent_without_a_ranking_is_judged_and_begins_one(build: Any) -> None:
    message = Message({"text": "x", "intent": {"name": "greet", "confidence": 0.2}})
    assert judged(build, message)[1:] == [("nlu_fallback", 0.3), ("greet", 0.2)]


def test_the_ranking_of_the_classifier_before_is_left_as_it_is(build: Any) -> None:
    message = classified(("greet", 0.2))
    ranking = message.data["intent_ranking"]
    judged(build, message)
    assert ranking == [{"name": "greet", "confidence": 0.2}]


def test_it_needs_a_classifier_before_it() -> None:
    assert FallbackClassifier.required_components() == [IntentClassifier]


@pytest.mark.parametrize("value", [-0.1, 1.1, True, "0.3", None, float("nan")])
def test_a_threshold_is_a_number_from_0_to_1(build: Any, value: Any) -> None:
    with pytest.raises(InvalidConfigException, match="'threshold' must be a number from 0 to 1"):
        build(FallbackClassifier, threshold=value)
    with pytest.raises(InvalidConfigException, match="'ambiguity_threshold' must be"):
        build(FallbackClassifier, ambiguity_threshold=value)
