"""Tokens and counts, for any text."""

from __future__ import annotations

import itertools
import re
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from onnlu.components.count_vectors_featurizer import CountVectorsFeaturizer
from onnlu.components.ngrams import Analyzer
from onnlu.components.regex_message_handler import RegexMessageHandler
from onnlu.components.vocabulary import Limits, learn_vocabulary
from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu.features import combined_sparse_features
from onnlu.message import Message
from onnlu.training_data import TrainingData
from onnlu_engine import ExecutionContext, LocalModelStorage, Resource
from onnlu_engine.schema import GraphSchema

CONTEXT = ExecutionContext(GraphSchema({}))
DIGITS = re.compile("[0-9]")
TOKENIZER = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())

words = st.text(alphabet="abcé\u0301İß_.'-", min_size=1, max_size=6)
texts = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="ab \té\u0301İß1_.,'#@-\u00a0\U0001f600中", max_size=30),
)
kinds = st.sampled_from(["word", "char", "char_wb"])
accents = st.sampled_from([None, "ascii", "unicode"])
ngram_ranges = st.tuples(st.integers(1, 5), st.integers(1, 5)).map(lambda pair: sorted(pair))


@given(texts)
def test_tokens_are_pieces_of_the_text_in_order(text: str) -> None:
    tokens = TOKENIZER.tokenize(text)
    assert tokens
    assert all(token.text == text[token.start : token.end] for token in tokens)
    assert all(a.end <= b.start for a, b in itertools.pairwise(tokens))
    if len(tokens) > 1:
        assert all(token.text and token.text.split() == [token.text] for token in tokens)


@given(texts)
def test_letters_and_digits_of_europe_are_never_lost(text: str) -> None:
    kept = "".join(token.text for token in TOKENIZER.tokenize(text))
    lost = Counter(text) - Counter(kept)
    assert not [c for c in lost if c < "\u0250" and (c.isalpha() or c.isdecimal())]


@given(texts, kinds, ngram_ranges, accents, st.lists(words, max_size=3))
def test_terms_equal_those_of_scikit_learn(
    text: str, kind: Any, ngrams: list[int], strip_accents: Any, stop_words: list[str]
) -> None:
    analyzer = Analyzer(kind, *ngrams, strip_accents, frozenset(stop_words))
    vectorizer = CountVectorizer(
        analyzer=kind,
        ngram_range=tuple(ngrams),
        strip_accents=strip_accents,
        stop_words=stop_words or None,
        token_pattern=r"(?u)\b\w+\b",
        lowercase=False,
    )
    with warnings.catch_warnings(action="ignore"):  # on stop words that are no terms
        expected = vectorizer.build_analyzer()(text)
    assert Counter(analyzer.terms(text)) == Counter(expected)


@given(st.lists(texts, min_size=1, max_size=5), ngram_ranges, accents)
def test_the_terms_of_joined_tokens_are_those_of_each(
    tokens: list[str], ngrams: list[int], strip_accents: Any
) -> None:
    for analyzer in (
        Analyzer("char_wb", *ngrams, strip_accents),
        Analyzer("word", 1, 1, strip_accents),
    ):
        apart = Counter(term for token in tokens for term in analyzer.terms(token))
        assert analyzer.is_additive
        assert apart == Counter(analyzer.terms(" ".join(tokens)))


@settings(deadline=None)
@given(
    st.lists(texts, min_size=1, max_size=6),
    texts,
    kinds,
    ngram_ranges,
    st.sampled_from([(1, 1.0), (2, 1.0), (0.3, 0.9), (1, 2)]),
    st.booleans(),
)
def test_features_equal_those_of_scikit_learn(
    training_texts: list[str],
    text: str,
    kind: str,
    ngrams: list[int],
    limits: tuple[float, float],
    lowercase: bool,
) -> None:
    names = ("min_df", "max_df")
    config = {
        **CountVectorsFeaturizer.get_default_config(),
        **dict(zip(names, limits, strict=True)),
        **{"analyzer": kind, "min_ngram": ngrams[0], "max_ngram": ngrams[1]},
        "lowercase": lowercase,
    }
    # Numbers are the featurizer's own affair.
    data = TrainingData([Message({"text": DIGITS.sub("", t)}) for t in training_texts])
    message = Message({"text": DIGITS.sub("", text)})
    TOKENIZER.process([*data.examples, message])
    with tempfile.TemporaryDirectory() as folder:
        arguments = (LocalModelStorage(Path(folder)), Resource("r"), CONTEXT)
        CountVectorsFeaturizer.create(config, *arguments).train(data)
        featurizer = CountVectorsFeaturizer.load(config, *arguments)

    vectorizer = CountVectorizer(
        analyzer=kind,
        ngram_range=tuple(ngrams),
        token_pattern=r"(?u)\b\w+\b" if kind == "word" else None,
        lowercase=lowercase,
        **dict(zip(names, limits, strict=True)),
    )
    try:
        vectorizer.fit([joined(example) for example in data.examples])
    except ValueError:  # no term is left
        assert featurizer.vocabularies == {}
        return
    expected_terms = list(vectorizer.get_feature_names_out())
    assert featurizer.vocabularies == {"text": expected_terms}
    featurizer.process([message])
    tokens = [token.text for token in message.tokens["text"]]
    for feature_type, rows in (("sequence", tokens), ("sentence", [joined(message)])):
        matrix = combined_sparse_features(message, "text", feature_type)
        assert matrix is not None
        np.testing.assert_array_equal(matrix.to_dense(), vectorizer.transform(rows).toarray())


@given(st.lists(st.text("ab", max_size=8), min_size=1, max_size=6), st.integers(1, 6))
def test_the_most_frequent_terms_are_kept(training_texts: list[str], most: int) -> None:
    analyzer = Analyzer("char", 1, 3)
    documents = [analyzer.terms(text) for text in training_texts]
    kept = learn_vocabulary(documents, Limits(max_features=most))
    vectorizer = CountVectorizer(analyzer="char", ngram_range=(1, 3), max_features=most)
    if not any(training_texts):
        assert kept == []
        return
    # Which of equally frequent ones scikit-learn keeps is left to chance.
    occurrences = Counter(itertools.chain.from_iterable(documents))
    theirs = vectorizer.fit(training_texts).get_feature_names_out()
    assert sorted(occurrences[t] for t in kept) == sorted(occurrences[t] for t in theirs)
    assert kept == sorted(kept)


def joined(message: Message) -> str:
    return " ".join(token.text for token in message.tokens["text"])


@given(st.one_of(texts, texts.map("/a{}".format), texts.map('/a{{"b": "{}"}}'.format)))
def test_any_text_passes_the_handler_of_regex_messages(text: str) -> None:
    handler = RegexMessageHandler.create({}, None, None, CONTEXT)  # type: ignore[arg-type]
    (message,) = handler.process([Message({"text": text})])
    assert message.data["text"] == text
