from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onnlu.components.regex_entity_extractor import RegexEntityExtractor
from onnlu.message import Message
from onnlu.training_data import LookupTable, Regex, TrainingData
from onnlu_engine.errors import CorruptModelException, InvalidConfigException

ZIP = Regex("zip", r"\d{5}")
CITIES = LookupTable("city", ("New", "New York", "C++", "a.b"))


def trained(build: Any, *patterns: Regex | LookupTable, **config: bool) -> Any:
    """Train on examples that have a zip and a city."""
    entities = [{"entity": name, "start": 0, "end": 1, "value": "x"} for name in ("zip", "city")]
    data = TrainingData(
        [Message({"text": "x", "entities": entities})],
        regexes=[p for p in patterns if isinstance(p, Regex)],
        lookup_tables=[p for p in patterns if isinstance(p, LookupTable)],
    )
    build(RegexEntityExtractor, **config).train(data)
    return build(RegexEntityExtractor, load=True, **config)


def found(extractor: RegexEntityExtractor, text: str) -> list[tuple[str, int, int, str]]:
    messages = [Message({"text": text})]
    assert extractor.process(messages) is messages
    entities = messages[0].data["entities"]
    assert all(entity["extractor"] == "RegexEntityExtractor" for entity in entities)
    return [(e["entity"], e["start"], e["end"], e["value"]) for e in entities]


def test_each_match_is_an_entity(build: Any) -> None:
    extractor = trained(build, ZIP)
    assert found(extractor, "from 12345 to 67890") == [
        ("zip", 5, 10, "12345"),
        ("zip", 14, 19, "67890"),
    ]


def test_phrases_of_tables_are_taken_literally_and_follow_regexes(build: Any) -> None:
    extractor = trained(build, CITIES, ZIP)
    assert found(extractor, "a.b axb 12345") == [("zip", 8, 13, "12345"), ("city", 0, 3, "a.b")]


def test_of_phrases_at_one_place_the_longest_is_taken(build: Any) -> None:
    assert found(trained(build, CITIES), "New York, New") == [
        ("city", 0, 8, "New York"),
        ("city", 10, 13, "New"),
    ]


def test_a_phrase_may_end_with_a_mark(build: Any) -> None:
    assert found(trained(build, CITIES), "in C++ now") == [("city", 3, 6, "C++")]


def test_a_pattern_that_is_called_like_no_entity_type_is_left_out(build: Any) -> None:
    extractor = trained(build, Regex("year", r"\d{4}"), ZIP, LookupTable("food", ("soup",)))
    assert [pattern.name for pattern in extractor.patterns] == ["zip"]


def test_without_patterns_nothing_is_found_and_it_is_told(
    build: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert found(trained(build, Regex("year", "1"), LookupTable("city", ())), "1") == []
    assert "RegexEntityExtractor finds nothing" in caplog.text


def test_a_match_without_characters_is_none(build: Any) -> None:
    assert found(trained(build, Regex("zip", r"\d*")), "a1") == [("zip", 1, 2, "1")]


def test_case_is_an_option(build: Any) -> None:
    assert found(trained(build, CITIES), "new york") == [("city", 0, 8, "new york")]
    assert found(trained(build, CITIES, case_sensitive=True), "new york") == []


def test_word_boundaries_are_an_option(build: Any) -> None:
    assert found(trained(build, CITIES), "Newton") == []
    without = trained(build, CITIES, use_word_boundaries=False)
    assert found(without, "Newton") == [("city", 0, 3, "New")]


def test_regexes_and_tables_are_options(build: Any) -> None:
    only_tables = trained(build, ZIP, CITIES, use_regexes=False)
    assert [pattern.name for pattern in only_tables.patterns] == ["city"]
    only_regexes = trained(build, ZIP, CITIES, use_lookup_tables=False)
    assert [pattern.name for pattern in only_regexes.patterns] == ["zip"]


def test_entities_that_are_there_stay(build: Any) -> None:
    first = {"entity": "a", "start": 0, "end": 1, "value": "1"}
    message = Message({"text": "12345", "entities": [first]})
    trained(build, ZIP).process([message])
    assert message.data["entities"][0] == first
    assert len(message.data["entities"]) == 2


def test_a_bad_regex_is_named(build: Any) -> None:
    with pytest.raises(InvalidConfigException, match=r"'zip'.*'\(a'"):
        trained(build, Regex("zip", "(a"))


@pytest.mark.parametrize("content", [["a"], [{"name": "zip", "pattern": "(a"}]])
def test_spoilt_patterns_are_refused(build: Any, tmp_path: Path, content: Any) -> None:
    trained(build, ZIP)
    (tmp_path / "resource/patterns.json").write_text(json.dumps(content))
    with pytest.raises(CorruptModelException, match=r"patterns\.json"):
        build(RegexEntityExtractor, load=True)
