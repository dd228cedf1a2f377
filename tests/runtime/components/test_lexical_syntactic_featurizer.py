from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onnlu.components.lexical_syntactic_featurizer import LexicalSyntacticFeaturizer
from onnlu.features import SEQUENCE, combined_sparse_features
from onnlu.message import Message
from onnlu_engine.errors import (
    CorruptModelException,
    InvalidConfigException,
    ResourceNotFoundException,
)


def trained(build: Any, data: Any, *window: list[str]) -> LexicalSyntacticFeaturizer:
    config = {"features": list(window)} if window else {}
    build(LexicalSyntacticFeaturizer, **config).train(data)
    featurizer = build(LexicalSyntacticFeaturizer, load=True, **config)
    assert isinstance(featurizer, LexicalSyntacticFeaturizer)
    return featurizer


def rows(featurizer: LexicalSyntacticFeaturizer, message: Message) -> list[list[str]]:
    """Return what is set in each row, as "place name value"."""
    featurizer.process([message])
    matrix = combined_sparse_features(message, "text", SEQUENCE)
    assert matrix is not None
    assert len(message.features) == 1
    names = [f"{place} {name} {value}" for place, name, value in featurizer.columns]
    dense = matrix.to_dense()
    assert set(dense.flatten().tolist()) <= {0, 1}
    return [[names[column] for column in row.nonzero()[0]] for row in dense]


def test_the_window_looks_at_neighbours(build: Any, corpus: Any, tokenized: Any) -> None:
    featurizer = trained(build, corpus("Ab c D"), ["low"], ["upper"], ["title"])
    assert rows(featurizer, *tokenized("a B")) == [
        ["1 upper False", "2 title True"],
        ["0 low True", "1 upper True"],
    ]


def test_first_and_last_tokens_are_marked_at_every_place(
    build: Any, corpus: Any, tokenized: Any
) -> None:
    featurizer = trained(build, corpus("a b c", "a"), ["BOS"], ["EOS"], [])
    assert rows(featurizer, *tokenized("x y z")) == [
        ["1 EOS False"],
        ["0 BOS True", "1 EOS False"],
        ["0 BOS False", "1 EOS True"],
    ]
    assert rows(featurizer, *tokenized("x")) == [["1 EOS True"]]


def test_a_wide_window_reaches_beyond_both_ends(build: Any, corpus: Any, tokenized: Any) -> None:
    featurizer = trained(build, corpus("a b c"), ["suffix1"], [], [], [], ["suffix1"])
    assert rows(featurizer, *tokenized("a b c")) == [["4 suffix1 c"], [], ["0 suffix1 a"]]


def test_each_feature_has_its_value(build: Any, corpus: Any, tokenized: Any) -> None:
    names = ["low", "title", "upper", "digit", "prefix2", "prefix5"]
    names += ["suffix1", "suffix2", "suffix3", "suffix5"]
    featurizer = trained(build, corpus("Weather", "42"), names)
    (row,) = rows(featurizer, *tokenized("Weather"))
    assert row == [
        *("0 digit False", "0 low False", "0 prefix2 We", "0 prefix5 Weath", "0 suffix1 r"),
        *("0 suffix2 er", "0 suffix3 her", "0 suffix5 ather", "0 title True", "0 upper False"),
    ]
    (row,) = rows(featurizer, *tokenized("42"))
    assert row == [
        *("0 digit True", "0 low False", "0 prefix2 42", "0 prefix5 42", "0 suffix1 2"),
        *("0 suffix2 42", "0 suffix3 42", "0 suffix5 42", "0 title False", "0 upper False"),
    ]


def test_values_that_training_did_not_show_set_nothing(
    build: Any, corpus: Any, tokenized: Any
) -> None:
    featurizer = trained(build, corpus("abc"), ["prefix2", "low"])
    assert rows(featurizer, *tokenized("ABC")) == [[]]


def test_a_feature_named_twice_counts_once(build: Any, corpus: Any, tokenized: Any) -> None:
    featurizer = trained(build, corpus("a"), ["low", "low"])
    (message,) = featurizer.process(tokenized("a"))
    matrix = combined_sparse_features(message, "text", SEQUENCE)
    assert matrix is not None
    assert matrix.columns.tolist() == [0]


def test_an_empty_text_gets_a_row(build: Any, corpus: Any, tokenized: Any) -> None:
    featurizer = trained(build, corpus("A b"), ["low", "suffix5", "BOS"])
    assert rows(featurizer, *tokenized("")) == [["0 BOS True", "0 low False"]]


def test_without_training_texts_there_are_no_features(
    build: Any, corpus: Any, tokenized: Any
) -> None:
    (message,) = trained(build, corpus()).process(tokenized("a"))
    assert message.features == []


def test_finetuning_appends_new_columns(build: Any, corpus: Any) -> None:
    before = trained(build, corpus("m"), ["suffix1"]).columns
    tuned = build(LexicalSyntacticFeaturizer, load=True, is_finetuning=True, features=[["suffix1"]])
    tuned.train(corpus("z a"))
    assert before == {(0, "suffix1", "m"): 0}
    assert tuned.columns == {**before, (0, "suffix1", "a"): 1, (0, "suffix1", "z"): 2}


def test_an_unknown_feature_is_named_with_the_nearest(build: Any) -> None:
    with pytest.raises(InvalidConfigException) as error:
        build(LexicalSyntacticFeaturizer, features=[["lower", "sufix2"]])
    assert "no feature 'lower'. Did you mean 'low'?" in str(error.value)
    assert "no feature 'sufix2'. Did you mean 'suffix2'?" in str(error.value)


@pytest.mark.parametrize("name", ["pos", "pos2"])
def test_parts_of_speech_are_refused(build: Any, name: str) -> None:
    with pytest.raises(InvalidConfigException, match=f"'{name}' needs part-of-speech tags"):
        build(LexicalSyntacticFeaturizer, features=[[name]])


@pytest.mark.parametrize("features", [[], [["low"], ["low"]], ["low"], "low", None])
def test_a_window_is_an_odd_number_of_lists(build: Any, features: Any) -> None:
    with pytest.raises(InvalidConfigException, match="an odd number of lists"):
        build(LexicalSyntacticFeaturizer, features=features)


def test_an_untrained_featurizer_cannot_be_loaded(build: Any) -> None:
    with pytest.raises(ResourceNotFoundException, match="resource"):
        build(LexicalSyntacticFeaturizer, load=True)


@pytest.mark.parametrize(
    "content",
    [
        {"low": 0},
        [0],
        [[0, "low"]],
        [[True, "low", "True"]],
        [[0, "low", True]],
        [[0, "low", "True"]] * 2,
    ],
)
def test_spoilt_columns_are_refused(build: Any, corpus: Any, tmp_path: Path, content: Any) -> None:
    trained(build, corpus("a"))
    (tmp_path / "resource/features.json").write_text(json.dumps(content))
    with pytest.raises(CorruptModelException, match=r"features\.json"):
        build(LexicalSyntacticFeaturizer, load=True)


# As Rasa 3.6: the words of a bot are not how users write.
def test_responses_are_not_described(build: Any, corpus: Any) -> None:
    data = corpus("a")
    data.examples[0].data["response"] = "b"
    data.examples[0].tokens["response"] = data.examples[0].tokens["text"]
    featurized = trained(build, data).process_training_data(data)
    assert {features.attribute for features in featurized.examples[0].features} == {"text"}
