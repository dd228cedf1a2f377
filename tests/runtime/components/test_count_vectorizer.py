from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from onnlu.components.count_vectorizer import CountVectorizer
from onnlu.components.ngrams import Analyzer
from onnlu.sparse import SparseMatrix

VOCABULARY = ["a", "b", "a b"]


def vectorizer(analyzer: Analyzer) -> CountVectorizer:
    return CountVectorizer(analyzer, VOCABULARY, str.lower)


def sequence(counts: CountVectorizer, tokens: list[str]) -> SparseMatrix:
    return counts.sequence(counts.counts(tokens))


def sentence(counts: CountVectorizer, tokens: list[str]) -> SparseMatrix:
    return counts.sentence(tokens, counts.counts(tokens))


def test_a_row_counts_the_known_terms_of_a_token() -> None:
    matrix = sequence(vectorizer(Analyzer()), ["A.a", "z", "b"])
    assert matrix.shape == (3, 3)
    assert matrix.to_dense().tolist() == [[2, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert matrix.rows.dtype == matrix.columns.dtype == np.int32
    assert matrix.values.dtype == np.float32


@pytest.mark.parametrize(
    ("analyzer", "expected"),
    [
        (Analyzer("word", 1, 1), [2, 1, 0]),  # added up
        (Analyzer("word", 1, 2), [2, 1, 1]),  # a term crosses tokens
        (Analyzer("char", 1, 3), [2, 1, 1]),
        (Analyzer("char_wb", 1, 3), [2, 1, 0]),
    ],
)
def test_the_sentence_counts_the_terms_of_the_joined_tokens(
    analyzer: Analyzer, expected: list[int]
) -> None:
    matrix = sentence(vectorizer(analyzer), ["a", "A", "b"])
    assert matrix.to_dense().tolist() == [expected]
    assert len(set(matrix.columns.tolist())) == len(matrix.columns)


def test_an_unknown_text_has_an_empty_sentence() -> None:
    matrix = sentence(vectorizer(Analyzer()), ["z"])
    assert matrix.to_dense().tolist() == [[0, 0, 0]]
    assert matrix.rows.dtype == matrix.columns.dtype == np.int32


def test_more_tokens_than_are_remembered_count_the_same() -> None:
    tokens = [f"a.a.{number}" for number in range(12_000)] + ["b" * 100 + " a"]
    counts = vectorizer(Analyzer())
    for _ in range(2):
        assert sequence(counts, tokens).to_dense()[:, 0].tolist() == [2.0] * 12_000 + [1.0]


def test_threads_count_the_same() -> None:
    tokens = [f"{'a.' * (number % 7)}{number}" for number in range(300)]
    alone = sequence(vectorizer(Analyzer()), tokens).to_dense()
    shared = vectorizer(Analyzer())
    with ThreadPoolExecutor(4) as pool:
        for matrix in pool.map(sequence, [shared] * 16, [tokens] * 16):
            np.testing.assert_array_equal(matrix.to_dense(), alone)
