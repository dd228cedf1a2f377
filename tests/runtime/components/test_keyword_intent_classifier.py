from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu.components.keyword_intent_classifier import KeywordIntentClassifier
from onnlu.message import Message
from onnlu.training_data import TrainingData
from onnlu_engine import ExecutionContext, LocalModelStorage, Resource
from onnlu_engine.errors import CorruptModelException, ResourceNotFoundException
from onnlu_engine.schema import GraphSchema


def trained(build: Any, *examples: tuple[str, str | None], **config: bool) -> Any:
    messages = [Message({"text": text, "intent": intent}) for text, intent in examples]
    build(KeywordIntentClassifier, **config).train(TrainingData(messages))
    return build(KeywordIntentClassifier, load=True, **config)


def intent(classifier: KeywordIntentClassifier, text: str) -> tuple[str | None, float]:
    messages = [Message({"text": text})]
    assert classifier.process(messages) is messages
    found = messages[0].data["intent"]
    return found["name"], found["confidence"]


def test_a_text_that_contains_an_example_has_its_intent(build: Any) -> None:
    classifier = trained(build, ("good day", "greet"), ("ciao", "bye"), ("unlabelled", None))
    assert classifier.keywords == {"good day": "greet", "ciao": "bye"}
    assert intent(classifier, "well, good day to you") == ("greet", 1.0)
    assert intent(classifier, "ciao") == ("bye", 1.0)


def test_a_text_without_keywords_has_no_intent(build: Any) -> None:
    assert intent(trained(build, ("ciao", "bye")), "hello") == (None, 0.0)


def test_a_part_of_a_word_is_no_keyword(build: Any) -> None:
    classifier = trained(build, ("hi", "greet"))
    assert intent(classifier, "this") == (None, 0.0)
    assert intent(classifier, "hi_") == (None, 0.0)
    assert intent(classifier, "(hi)") == ("greet", 1.0)
    assert intent(classifier, "this hi") == ("greet", 1.0)


@pytest.mark.parametrize("keyword", ["what?", "(a", "c++", "?!", "*", "a|b", "\\d"])
def test_marks_in_an_example_are_text(build: Any, keyword: str) -> None:
    classifier = trained(build, (keyword, "odd"))
    assert intent(classifier, f"x {keyword} y") == ("odd", 1.0)
    assert intent(classifier, "what c a b 5") == (None, 0.0)


def test_of_two_keywords_the_one_learnt_first_decides(build: Any) -> None:
    classifier = trained(build, ("later", "bye"), ("hello", "greet"))
    assert intent(classifier, "hello, later") == ("bye", 1.0)


def test_case_is_an_option(build: Any) -> None:
    assert intent(trained(build, ("Ciao", "bye")), "ciao") == (None, 0.0)
    assert intent(trained(build, ("Ciao", "bye"), case_sensitive=False), "cIAO") == ("bye", 1.0)


def test_an_example_of_two_intents_is_no_keyword_and_is_told(
    build: Any, caplog: pytest.LogCaptureFixture
) -> None:
    classifier = trained(build, ("ok", "yes"), ("fine", "yes"), ("ok", "no"), ("ok", "yes"))
    assert classifier.keywords == {"fine": "yes"}
    assert "'ok' is an example of two intents" in caplog.text


def test_a_keyword_within_one_of_another_intent_is_none_and_is_told(
    build: Any, caplog: pytest.LogCaptureFixture
) -> None:
    examples = [("day", "greet"), ("bye, day", "bye"), ("oh bye, day", "bye"), ("a day", "greet")]
    classifier = trained(build, *examples)
    assert classifier.keywords == {"bye, day": "bye", "oh bye, day": "bye", "a day": "greet"}
    assert "'day' of intent 'greet' stands in 'bye, day' of intent 'bye'" in caplog.text
    assert len(caplog.records) == 1


def test_a_keyword_is_the_whole_ranking(build: Any) -> None:
    ranking = [{"name": "greet", "confidence": 0.9}]
    message = Message({"text": "ciao", "intent": ranking[0], "intent_ranking": ranking})
    trained(build, ("ciao", "bye")).process([message])
    assert message.data["intent_ranking"] == [{"name": "bye", "confidence": 1.0}]


def test_an_intent_that_is_there_stays_where_no_keyword_is(build: Any) -> None:
    found = {"name": "greet", "confidence": 0.9}
    message = Message({"text": "hello", "intent": found, "intent_ranking": [found]})
    trained(build, ("ciao", "bye")).process([message])
    assert message.data["intent"] == found
    assert message.data["intent_ranking"] == [found]


words = st.text("ab-_ ?", min_size=1, max_size=4).map(str.strip).filter(bool)


@given(st.lists(words, unique=True, max_size=5), st.text("ab-_ ?", max_size=12))
def test_keywords_are_found_as_a_search_for_each_finds_them(
    tmp_path_factory: pytest.TempPathFactory, keywords: list[str], text: str
) -> None:
    def neighbours(start: int, end: int) -> str:
        return text[max(start - 1, 0) : start] + text[end : end + 1]

    def stands(keyword: str) -> bool:
        return any(
            text.startswith(keyword, at)
            and not any(c.isalnum() or c == "_" for c in neighbours(at, at + len(keyword)))
            for at in range(len(text))
        )

    classifier = KeywordIntentClassifier.create(
        {"case_sensitive": True},
        LocalModelStorage(tmp_path_factory.mktemp("storage")),
        Resource("resource"),
        ExecutionContext(GraphSchema({})),
    )
    # One intent, so that no keyword drops out for standing in another.
    messages = [Message({"text": keyword, "intent": "any"}) for keyword in keywords]
    classifier.train(TrainingData(messages))
    assert (intent(classifier, text)[0] == "any") is any(map(stands, keywords))


def test_an_untrained_classifier_cannot_be_loaded(build: Any) -> None:
    with pytest.raises(ResourceNotFoundException, match="resource"):
        build(KeywordIntentClassifier, load=True)


@pytest.mark.parametrize("content", [{"a": "b"}, [["a"]], [["a", 1]], ["ab"]])
def test_spoilt_keywords_are_refused(build: Any, tmp_path: Path, content: Any) -> None:
    trained(build)
    (tmp_path / "resource/keywords.json").write_text(json.dumps(content))
    with pytest.raises(CorruptModelException, match=r"keywords\.json"):
        build(KeywordIntentClassifier, load=True)
