from __future__ import annotations

from onnlu.components.vocabulary import Limits, grown, learn_vocabulary

DOCUMENTS = [["b", "a", "b"], ["b", "c"], ["b", "c", "d"], []]


def test_terms_are_sorted() -> None:
    assert learn_vocabulary(DOCUMENTS) == ["a", "b", "c", "d"]
    assert learn_vocabulary([]) == []


def test_rare_terms_are_dropped() -> None:
    assert learn_vocabulary(DOCUMENTS, Limits(min_df=2)) == ["b", "c"]
    assert learn_vocabulary(DOCUMENTS, Limits(min_df=0.75)) == ["b"]


def test_frequent_terms_are_dropped() -> None:
    assert learn_vocabulary(DOCUMENTS, Limits(max_df=2)) == ["a", "c", "d"]
    assert learn_vocabulary(DOCUMENTS, Limits(max_df=0.25)) == ["a", "d"]


def test_one_is_a_number_and_one_point_zero_a_share() -> None:
    assert learn_vocabulary(DOCUMENTS, Limits(max_df=1)) == ["a", "d"]
    assert learn_vocabulary(DOCUMENTS, Limits(max_df=1.0)) == ["a", "b", "c", "d"]


def test_the_most_frequent_terms_are_kept_and_ties_go_by_code_points() -> None:
    assert learn_vocabulary(DOCUMENTS, Limits(max_features=2)) == ["b", "c"]
    assert learn_vocabulary(DOCUMENTS, Limits(max_features=3)) == ["a", "b", "c"]


def test_occurrences_decide_not_documents() -> None:
    assert learn_vocabulary([["x", "x", "x"], ["y"], ["y"]], Limits(max_features=1)) == ["x"]


def test_growth_keeps_every_place() -> None:
    assert grown(["b", "a"], ["a", "c", "d"]) == ["b", "a", "c", "d"]
