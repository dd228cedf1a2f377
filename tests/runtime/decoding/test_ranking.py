from __future__ import annotations

import numpy as np
import pytest

from onnlu.decoding.ranking import rank_intents, rank_intents_batch

LABELS = ["ask", "bye", "hi", "no"]


def names(ranking: list[dict[str, object]]) -> list[object]:
    return [intent["name"] for intent in ranking]


def test_the_most_confident_comes_first() -> None:
    ranking = rank_intents(np.float32([0.125, 0.5, 0.25, 0.125]), LABELS, 10, False)
    assert ranking == [
        {"name": "bye", "confidence": 0.5},
        {"name": "hi", "confidence": 0.25},
        {"name": "ask", "confidence": 0.125},
        {"name": "no", "confidence": 0.125},
    ]


def test_equal_confidences_keep_the_order_of_the_labels() -> None:
    assert names(rank_intents(np.full(4, 0.25, np.float32), LABELS, 0, False)) == LABELS


@pytest.mark.parametrize(("length", "kept"), [(0, 4), (1, 1), (3, 3), (4, 4), (10, 4)])
def test_a_ranking_has_its_length_and_zero_keeps_all(length: int, kept: int) -> None:
    assert len(rank_intents(np.float32([0.1, 0.2, 0.3, 0.4]), LABELS, length, False)) == kept


def test_a_ranking_that_is_cut_off_sums_to_one_on_request() -> None:
    ranking = rank_intents(np.float32([0.5, 0.25, 0.125, 0.125]), LABELS, 2, True)
    assert [intent["confidence"] for intent in ranking] == pytest.approx([2 / 3, 1 / 3])


@pytest.mark.parametrize("length", [0, 4])
def test_a_whole_ranking_is_not_renormalised(length: int) -> None:
    ranking = rank_intents(np.float32([0.5, 0, 0, 0]), LABELS, length, True)
    assert ranking[0]["confidence"] == 0.5


def test_confidences_that_are_all_zero_stay_zero() -> None:
    ranking = rank_intents(np.zeros(4, np.float32), LABELS, 2, True)
    assert [intent["confidence"] for intent in ranking] == [0.0, 0.0]


def test_denormal_confidences_are_zero_and_rank_like_zero() -> None:
    ranking = rank_intents(np.float32([0, 1e-39, 1.1e-38, 1.3e-38]), LABELS, 0, False)
    assert names(ranking) == ["no", "ask", "bye", "hi"]
    assert [intent["confidence"] for intent in ranking[1:]] == [0.0, 0.0, 0.0]
    assert ranking[0]["confidence"] > 0


def test_similarities_may_be_negative() -> None:
    ranking = rank_intents(np.float32([-2, -1, 1, -3]), LABELS, 0, False)
    assert names(ranking) == ["hi", "bye", "ask", "no"]


def test_each_text_of_a_batch_has_its_own_ranking() -> None:
    confidences = np.float32([[0.9, 0.1], [0.2, 0.8]])
    rankings = rank_intents_batch(confidences, ["yes", "no"], 1, False)
    assert [names(ranking) for ranking in rankings] == [["yes"], ["no"]]


def test_the_confidences_given_are_left_alone() -> None:
    confidences = np.float32([1e-40, 0.5])
    rank_intents(confidences, ["yes", "no"], 1, True)
    assert confidences.tolist() == np.float32([1e-40, 0.5]).tolist()
