from __future__ import annotations

import pytest

from onnlu.components.ngrams import Analyzer


def test_words_are_runs_of_word_characters() -> None:
    assert Analyzer().terms("don't stop, a@b.com") == ["don", "t", "stop", "a", "b", "com"]


def test_word_ngrams_are_joined_by_blanks() -> None:
    assert Analyzer("word", 1, 2).terms("a b c") == ["a", "b", "c", "a b", "b c"]
    assert Analyzer("word", 2, 3).terms("a b") == ["a b"]
    assert Analyzer("word", 2, 3).terms("a") == []


def test_stop_words_are_left_out_before_ngrams_are_made() -> None:
    analyzer = Analyzer("word", 1, 2, stop_words=frozenset(["of"]))
    assert analyzer.terms("out of stock") == ["out", "stock", "out stock"]


def test_characters_cross_words_and_blanks_collapse() -> None:
    assert Analyzer("char", 2, 2).terms("a  b") == ["a ", " b"]


def test_padded_words_stand_alone() -> None:
    assert Analyzer("char_wb", 2, 3).terms("ab c") == [
        *(" a", "ab", "b ", " ab", "ab "),
        *(" c", "c ", " c "),
    ]


def test_a_word_shorter_than_all_ngrams_counts_once() -> None:
    assert Analyzer("char_wb", 4, 6).terms("a") == [" a "]
    assert Analyzer("char", 4, 6).terms("a") == []


def test_accents_are_stripped_on_request() -> None:
    assert Analyzer(strip_accents="unicode").terms("café ß") == ["cafe", "ß"]
    assert Analyzer(strip_accents="ascii").terms("café ß") == ["cafe"]
    assert Analyzer().terms("café") == ["café"]


@pytest.mark.parametrize(
    ("analyzer", "is_additive"),
    [
        (Analyzer("word", 1, 1), True),
        (Analyzer("word", 1, 2), False),
        (Analyzer("char", 1, 1), False),
        (Analyzer("char_wb", 1, 4), True),
    ],
)
def test_terms_of_tokens_add_up_where_no_term_crosses_a_blank(
    analyzer: Analyzer, is_additive: bool
) -> None:
    tokens = ["new", "york", "a.b", ""]
    apart = sorted(term for token in tokens for term in analyzer.terms(token))
    assert analyzer.is_additive == is_additive
    assert (apart == sorted(analyzer.terms(" ".join(tokens)))) == is_additive
