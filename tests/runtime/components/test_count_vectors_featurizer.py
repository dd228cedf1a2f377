from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onnlu.components.count_vectors_featurizer import CountVectorsFeaturizer
from onnlu.components.tokenizer import Tokenizer
from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu.features import SENTENCE, SEQUENCE, combined_sparse_features
from onnlu.message import Message
from onnlu.training_data import TrainingData
from onnlu_engine.errors import (
    CorruptModelException,
    InvalidConfigException,
    ResourceNotFoundException,
)


def trained(build: Any, data: Any, **config: Any) -> CountVectorsFeaturizer:
    build(CountVectorsFeaturizer, **config).train(data)
    featurizer = build(CountVectorsFeaturizer, load=True, **config)
    assert isinstance(featurizer, CountVectorsFeaturizer)
    return featurizer


def counts(featurizer: CountVectorsFeaturizer, message: Message, kind: str = SEQUENCE) -> Any:
    """Return the counts of each row, by term."""
    message.features.clear()
    featurizer.process([message])
    matrix = combined_sparse_features(message, "text", kind)
    assert matrix is not None
    terms = featurizer.vocabularies["text"]
    return [
        {terms[column]: int(count) for column, count in enumerate(row) if count}
        for row in matrix.to_dense()
    ]


def test_words_of_training_texts_are_counted(build: Any, corpus: Any, tokenized: Any) -> None:
    featurizer = trained(build, corpus("Book a table", "a book"))
    assert featurizer.vocabularies == {"text": ["a", "book", "table"]}
    (message,) = tokenized("a BOOK a chair")
    assert counts(featurizer, message) == [{"a": 1}, {"book": 1}, {"a": 1}, {}]
    assert counts(featurizer, message, SENTENCE)[0] == {"a": 2, "book": 1}


def test_messages_are_changed_in_place_and_returned(
    build: Any, corpus: Any, tokenized: Any
) -> None:
    featurizer = trained(build, corpus("a"))
    messages = tokenized("a", "b")
    data = featurizer.process_training_data(corpus("a"))
    assert featurizer.process(messages) is messages
    for message in [*messages, *data.examples]:
        assert [(f.type, f.attribute) for f in message.features] == [
            (SEQUENCE, "text"),
            (SENTENCE, "text"),
        ]


def test_an_empty_text_gets_empty_rows(build: Any, corpus: Any, tokenized: Any) -> None:
    featurizer = trained(build, corpus("a", ""))
    (message,) = tokenized("")
    assert counts(featurizer, message) == [{}]
    assert counts(featurizer, message, SENTENCE)[0] == {}


def test_numbers_are_one_term(build: Any, corpus: Any, tokenized: Any) -> None:
    featurizer = trained(build, corpus("for 4 at 7:30 or 4pm"))
    assert featurizer.vocabularies["text"] == ["4pm", "__number__", "at", "for", "or"]
    (message,) = tokenized("10.5 1st")
    assert counts(featurizer, message) == [{"__number__": 2}, {}]


def test_case_is_kept_on_request(build: Any, corpus: Any, tokenized: Any) -> None:
    featurizer = trained(build, corpus("Book 4"), lowercase=False)
    assert featurizer.vocabularies["text"] == ["Book", "__NUMBER__"]
    assert counts(featurizer, *tokenized("Book book")) == [{"Book": 1}, {}]


def test_intents_are_counted_by_word_and_keep_their_numbers(build: Any, corpus: Any) -> None:
    data = corpus(("a", "Order_4"), ("b", "order 4"), ("c", "Order_4"))
    featurizer = trained(build, data)
    assert featurizer.vocabularies["intent"] == ["4", "order", "order_4"]
    data = featurizer.process_training_data(data)
    matrices = [combined_sparse_features(m, "intent", SEQUENCE) for m in data.examples]
    assert [m.to_dense().tolist() for m in matrices if m] == [[[0, 0, 1]], [[1, 1, 0]], [[0, 0, 1]]]
    assert matrices[0] is matrices[2]
    assert all(combined_sparse_features(m, "intent", SENTENCE) is None for m in data.examples)


def test_characters_of_intents_are_not_counted(build: Any, corpus: Any) -> None:
    data = corpus(("a", "greet"))
    featurizer = trained(build, data, analyzer="char_wb")
    assert featurizer.vocabularies == {"text": [" ", "a"]}
    data = featurizer.process_training_data(data)
    assert {features.attribute for features in data.examples[0].features} == {"text"}


def test_the_limits_are_for_texts_only(build: Any, corpus: Any) -> None:
    data = corpus(("a b", "greet"), ("a c", "greet"), ("a d", "bye"))
    featurizer = trained(build, data, max_df=1, max_features=2)
    assert featurizer.vocabularies == {"text": ["b", "c"], "intent": ["bye", "greet"]}
    featurizer = trained(build, data, min_df=2)
    assert featurizer.vocabularies == {"text": ["a"], "intent": ["bye", "greet"]}


def test_texts_and_intents_may_share_a_vocabulary(build: Any, corpus: Any) -> None:
    data = corpus(("hello bye", "hello"), ("b", "greet"))
    featurizer = trained(build, data, use_shared_vocab=True, min_df=1)
    both = ["b", "bye", "greet", "hello"]
    assert featurizer.vocabularies == {"text": both, "intent": both}


def test_unknown_words_become_the_oov_token(build: Any, corpus: Any, tokenized: Any) -> None:
    data = corpus("buy a Fork", "buy a spoon")
    config = {"OOV_token": "_OOV_", "OOV_words": ["fork"]}
    featurizer = trained(build, data, **config)
    assert featurizer.vocabularies["text"] == ["_oov_", "a", "buy", "spoon"]
    (message,) = tokenized("Buy my spoon")
    assert counts(featurizer, message) == [{"buy": 1}, {"_oov_": 1}, {"spoon": 1}]
    assert counts(featurizer, message, SENTENCE)[0] == {"_oov_": 1, "buy": 1, "spoon": 1}


def test_the_oov_token_may_stand_in_the_texts(build: Any, corpus: Any, tokenized: Any) -> None:
    featurizer = trained(build, corpus("buy a oov", "Café"), OOV_token="oov")
    assert counts(featurizer, *tokenized("knife buy")) == [{"oov": 1}, {"buy": 1}]


def test_words_with_accents_are_known_without_them(build: Any, corpus: Any, tokenized: Any) -> None:
    featurizer = trained(build, corpus("cafe oov"), OOV_token="oov", strip_accents="unicode")
    assert counts(featurizer, *tokenized("café thé")) == [{"cafe": 1}, {"oov": 1}]


def test_an_oov_token_that_never_occurs_is_told(
    build: Any, corpus: Any, tokenized: Any, caplog: pytest.LogCaptureFixture
) -> None:
    featurizer = trained(build, corpus("buy"), OOV_token="oov")
    assert "OOV_token 'oov'" in caplog.text
    assert counts(featurizer, *tokenized("knife buy")) == [{}, {"buy": 1}]


def test_a_vocabulary_of_nothing_adds_no_features_and_is_told(
    build: Any, corpus: Any, tokenized: Any, caplog: pytest.LogCaptureFixture
) -> None:
    featurizer = trained(build, corpus("a"), stop_words=["a"])
    (message,) = featurizer.process(tokenized("a"))
    assert message.features == []
    assert "Check min_df, max_df and stop_words" in caplog.text


@pytest.mark.behaviour("1.7/4")
@pytest.mark.parametrize("shared", [False, True])
def test_finetuning_appends_new_terms_sorted(build: Any, corpus: Any, shared: bool) -> None:
    config = {"use_shared_vocab": shared}
    trained(build, corpus(("m n", "m")), **config)
    tuned = build(CountVectorsFeaturizer, load=True, is_finetuning=True, **config)
    tuned.train(corpus(("z m a", "b")))
    again = build(CountVectorsFeaturizer, load=True, **config).vocabularies
    if shared:
        both = ["m", "n", "a", "b", "z"]
        assert again == {"text": both, "intent": both}
    else:
        assert again == {"text": ["m", "n", "a", "z"], "intent": ["m", "b"]}


@pytest.mark.parametrize("shared", [False, True])
def test_finetuning_keeps_the_terms_of_what_the_data_no_longer_has(
    build: Any, corpus: Any, shared: bool
) -> None:
    config = {"use_shared_vocab": shared}
    trained(build, corpus(("m n", "greet")), **config)
    tuned = build(CountVectorsFeaturizer, load=True, is_finetuning=True, **config)
    tuned.train(corpus("a"))
    again = build(CountVectorsFeaturizer, load=True, **config).vocabularies
    if shared:
        both = ["greet", "m", "n", "a"]
        assert again == {"text": both, "intent": both}
    else:
        assert again == {"text": ["m", "n", "a"], "intent": ["greet"]}


def test_what_is_new_in_a_finetuning_shares_the_known_columns(build: Any, corpus: Any) -> None:
    trained(build, corpus("m n"), use_shared_vocab=True)
    options = {"load": True, "is_finetuning": True, "use_shared_vocab": True}
    tuned = build(CountVectorsFeaturizer, **options)
    tuned.train(corpus(("m", "a")))
    assert tuned.vocabularies == {"text": ["m", "n", "a"], "intent": ["m", "n", "a"]}


def test_training_again_without_finetuning_starts_afresh(build: Any, corpus: Any) -> None:
    featurizer = trained(build, corpus("m n"))
    featurizer.train(corpus("z"))
    assert featurizer.vocabularies == {"text": ["z"]}


def test_features_say_where_they_come_from(build: Any, corpus: Any, tokenized: Any) -> None:
    trained(build, corpus("a"))

    def origin(**options: Any) -> str:
        featurizer = build(CountVectorsFeaturizer, load=True, **options)
        (message,) = featurizer.process(tokenized("a"))
        (name,) = {features.origin for features in message.features}
        return str(name)

    assert origin(node="run_CountVectorsFeaturizer3") == "run_CountVectorsFeaturizer3"
    assert origin(node="run_CountVectorsFeaturizer3", alias="words") == "words"
    assert origin(node=None) == "CountVectorsFeaturizer"


def test_it_needs_a_tokenizer() -> None:
    assert CountVectorsFeaturizer.required_components() == [Tokenizer]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"analyzer": "chars"}, "'analyzer' must be one of 'word', 'char', 'char_wb'"),
        ({"analyser": "word"}, "Did you mean 'analyzer'"),
        ({"min_ngram": 2}, "min_ngram 2 is more than max_ngram 1"),
        ({"min_ngram": 0}, "'min_ngram' must be"),
        ({"min_df": 0}, "'min_df' must be"),
        ({"max_df": 1.5}, "'max_df' must be"),
        ({"max_features": 0}, "'max_features' must be"),
        ({"stop_words": "english"}, "'stop_words' must be a list of texts, or null"),
        ({"OOV_words": ["a"]}, "no OOV_token"),
    ],
)
def test_a_wrong_option_is_refused(build: Any, config: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidConfigException, match=message):
        build(CountVectorsFeaturizer, **config)


def test_an_untrained_featurizer_cannot_be_loaded(build: Any) -> None:
    with pytest.raises(ResourceNotFoundException, match="resource"):
        build(CountVectorsFeaturizer, load=True)


@pytest.mark.parametrize(
    "content", [["a"], {"text": "a"}, {"text": [1]}, {"text": ["a", "a"]}, {"slot": ["a"]}]
)
def test_a_spoilt_vocabulary_is_refused(
    build: Any, corpus: Any, tmp_path: Path, content: Any
) -> None:
    trained(build, corpus("a"))
    (tmp_path / "resource/vocabularies.json").write_text(json.dumps(content))
    with pytest.raises(CorruptModelException, match=r"vocabularies\.json"):
        build(CountVectorsFeaturizer, load=True)


def faq() -> TrainingData:
    answers = {"faq/hours": "Open 9 to 5.", "faq/name": "Open."}
    messages = [
        Message({"text": t, "intent": "faq", "intent_response_key": k, "response": answers[k]})
        for t, k in [("when", "faq/hours"), ("who", "faq/name"), ("at", "faq/hours")]
    ]
    tokenizer = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())
    return tokenizer.process_training_data(TrainingData([*messages, Message({"text": "hi"})]))


def dense(message: Message, attribute: str, kind: str) -> list[list[float]]:
    matrix = combined_sparse_features(message, attribute, kind)
    assert matrix is not None
    rows: list[list[float]] = matrix.to_dense().tolist()
    return rows


def test_responses_and_their_keys_have_vocabularies_of_their_own(build: Any) -> None:
    data = faq()
    featurizer = trained(build, data)
    assert featurizer.vocabularies == {
        "text": ["at", "hi", "when", "who"],
        "response": ["__number__", "open", "to"],
        "intent": ["faq"],
        "intent_response_key": ["faq", "hours", "name"],
    }
    data = featurizer.process_training_data(data)
    first, second, third, other = data.examples
    assert dense(first, "response", SEQUENCE) == [[0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0]]
    assert dense(first, "response", SENTENCE) == [[2, 1, 1]]
    assert dense(second, "intent_response_key", SEQUENCE) == [[1, 0, 0], [0, 0, 1]]
    assert combined_sparse_features(first, "intent_response_key", SENTENCE) is None
    for attribute in ("response", "intent_response_key"):
        assert dense(third, attribute, SEQUENCE) == dense(first, attribute, SEQUENCE)
    assert {features.attribute for features in other.features} == {"text"}


def test_characters_of_responses_are_counted_and_of_their_keys_not(build: Any) -> None:
    featurizer = trained(build, faq(), analyzer="char_wb")
    assert set(featurizer.vocabularies) == {"text", "response"}


def test_a_shared_vocabulary_has_the_terms_of_responses(build: Any) -> None:
    featurizer = trained(build, faq(), use_shared_vocab=True, min_df=2)
    assert set(featurizer.vocabularies) == {"text", "response", "intent", "intent_response_key"}
    assert set(map(tuple, featurizer.vocabularies.values())) == {
        ("__number__", "faq", "hours", "open", "to")
    }
