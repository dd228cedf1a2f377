from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onnlu.components.regex_featurizer import RegexFeaturizer
from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu.features import SENTENCE, SEQUENCE, combined_sparse_features
from onnlu.message import Message
from onnlu.training_data import LookupTable, Regex, TrainingData
from onnlu_engine.errors import (
    CorruptModelException,
    InvalidConfigException,
    ResourceNotFoundException,
)

YEAR = Regex("year", r"\b(19|20)\d\d\b")
CITIES = LookupTable("city", ("Paris", "New York", "a.b"))


def trained(
    build: Any, *patterns: Regex | LookupTable, load: bool = True, **config: Any
) -> RegexFeaturizer:
    data = TrainingData(
        regexes=[p for p in patterns if isinstance(p, Regex)],
        lookup_tables=[p for p in patterns if isinstance(p, LookupTable)],
    )
    featurizer = build(RegexFeaturizer, **config)
    featurizer.train(data)
    if load:
        featurizer = build(RegexFeaturizer, load=True, **config)
    assert isinstance(featurizer, RegexFeaturizer)
    return featurizer


def rows(featurizer: RegexFeaturizer, message: Message) -> list[list[float]]:
    """Return the rows of the tokens, and after them that of the sentence."""
    featurizer.process([message])
    matrices = [combined_sparse_features(message, "text", kind) for kind in (SEQUENCE, SENTENCE)]
    return [row for matrix in matrices if matrix for row in matrix.to_dense().tolist()]


def test_tokens_that_a_match_overlaps_are_marked(build: Any, tokenized: Any) -> None:
    featurizer = trained(build, YEAR, CITIES)
    assert rows(featurizer, *tokenized("to New York in 1999")) == [
        *([0, 0], [0, 1], [0, 1], [0, 0], [1, 0]),
        [1, 1],
    ]


def test_part_of_a_token_is_enough(build: Any, tokenized: Any) -> None:
    featurizer = trained(build, Regex("digit", r"\d"))
    assert rows(featurizer, *tokenized("a1b c")) == [[1], [0], [1]]


def test_a_match_beside_all_tokens_marks_nothing(build: Any, tokenized: Any) -> None:
    featurizer = trained(build, Regex("question", r"\?"), Regex("before b", r"(?=b)"))
    assert rows(featurizer, *tokenized("a b?")) == [[0, 0], [0, 0], [0, 0]]


def test_phrases_are_taken_literally(build: Any, tokenized: Any) -> None:
    featurizer = trained(build, CITIES)
    assert featurizer.patterns == [Regex("city", r"(\bParis\b|\bNew\ York\b|\ba\.b\b)")]
    assert rows(featurizer, *tokenized("a.b axb")) == [[1], [0], [1]]


def test_word_boundaries_are_an_option(build: Any, tokenized: Any) -> None:
    assert rows(trained(build, CITIES), *tokenized("Parisian")) == [[0], [0]]
    without = trained(build, CITIES, use_word_boundaries=False)
    assert rows(without, *tokenized("Parisian")) == [[1], [1]]


def test_case_is_an_option(build: Any, tokenized: Any) -> None:
    assert rows(trained(build, CITIES), *tokenized("paris")) == [[0], [0]]
    assert rows(trained(build, CITIES, case_sensitive=False), *tokenized("paris")) == [[1], [1]]


def test_regexes_and_tables_are_options(build: Any) -> None:
    assert [p.name for p in trained(build, YEAR, CITIES).patterns] == ["year", "city"]
    assert [p.name for p in trained(build, YEAR, CITIES, use_regexes=False).patterns] == ["city"]
    only_regexes = trained(build, YEAR, CITIES, use_lookup_tables=False)
    assert [p.name for p in only_regexes.patterns] == ["year"]


def test_without_patterns_there_are_no_features(build: Any, tokenized: Any) -> None:
    featurizer = trained(build, LookupTable("empty", ()))
    (message,) = featurizer.process(tokenized("a"))
    assert message.features == []


def test_features_say_where_they_come_from(build: Any, tokenized: Any) -> None:
    featurizer = trained(build, YEAR, alias="patterns")
    (message,) = featurizer.process(tokenized("a"))
    assert [features.origin for features in message.features] == ["patterns", "patterns"]


def test_a_bad_regex_is_named(build: Any) -> None:
    with pytest.raises(InvalidConfigException, match=r"'broken'.*'\(a'"):
        trained(build, YEAR, Regex("broken", "(a"))


def test_finetuning_replaces_patterns_of_a_name_and_appends_others(build: Any) -> None:
    trained(build, Regex("a", "1"), Regex("a", "2"), Regex("b", "3"))
    tuned = build(RegexFeaturizer, load=True, is_finetuning=True)
    tuned.train(TrainingData(regexes=[Regex("a", "4"), Regex("b", "5"), Regex("c", "6")]))
    assert tuned.patterns == [Regex("a", "4"), Regex("a", "2"), Regex("b", "5"), Regex("c", "6")]


def test_an_untrained_featurizer_cannot_be_loaded(build: Any) -> None:
    with pytest.raises(ResourceNotFoundException, match="resource"):
        build(RegexFeaturizer, load=True)


@pytest.mark.parametrize(
    "content",
    [
        {"year": "a"},
        ["a"],
        [{"name": "a"}],
        [{"name": "a", "pattern": 1}],
        [{"name": "a", "pattern": "(a"}],
    ],
)
def test_spoilt_patterns_are_refused(build: Any, tmp_path: Path, content: Any) -> None:
    trained(build, YEAR)
    (tmp_path / "resource/patterns.json").write_text(json.dumps(content))
    with pytest.raises(CorruptModelException, match=r"patterns\.json"):
        build(RegexFeaturizer, load=True)


def test_responses_are_marked_in_training(build: Any) -> None:
    featurizer = trained(build, YEAR)
    tokenizer = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())
    data = TrainingData([Message({"text": "when", "response": "in 1999"})])
    data = featurizer.process_training_data(tokenizer.process_training_data(data))
    (message,) = data.examples
    matrices = [combined_sparse_features(message, "response", k) for k in (SEQUENCE, SENTENCE)]
    assert [m.to_dense().tolist() for m in matrices if m] == [[[0], [1]], [[1]]]
    assert combined_sparse_features(message, "text", SENTENCE).to_dense().tolist() == [[0]]  # type: ignore[union-attr]
