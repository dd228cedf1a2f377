from __future__ import annotations

import pytest

from onnlu.decoding.bilou import consistent_bilou
from onnlu.decoding.tags import OUTSIDE, Tag


def tags_of(words: str) -> list[Tag]:
    return [OUTSIDE if word == "O" else Tag(word[0], word[2:]) for word in words.split()]


@pytest.mark.parametrize(
    ("predicted", "repaired"),
    [
        ("O B-a I-a L-a O U-b", "O B-a I-a L-a O U-b"),
        ("B-a O", "U-a O"),
        ("O B-a", "O U-a"),
        ("B-a I-a O", "B-a L-a O"),
        ("B-a I-a I-a", "B-a I-a L-a"),
        ("B-a B-a L-a", "U-a B-a L-a"),
        ("B-a U-a", "U-a U-a"),
        ("B-a L-a L-a", "B-a L-a L-a"),
        ("I-a L-a", "I-a L-a"),
        ("O I-a O L-b", "O I-a O L-b"),
        ("", ""),
    ],
)
def test_what_begins_is_closed_and_the_rest_stays(predicted: str, repaired: str) -> None:
    tags = tags_of(predicted)
    confidences = [0.5] * len(tags)
    assert consistent_bilou(tags, confidences) == (tags_of(repaired), confidences)


def test_the_value_of_most_tokens_wins_at_equal_confidence() -> None:
    tags, _ = consistent_bilou(tags_of("B-a I-b L-b"), [0.8, 0.8, 0.8])
    assert tags == tags_of("B-b I-b L-b")


def test_the_more_confident_value_wins_at_equal_shares() -> None:
    tags, _ = consistent_bilou(tags_of("B-a L-b"), [0.4, 0.9])
    assert tags == tags_of("B-b L-b")


def test_of_equal_values_the_first_wins() -> None:
    tags, _ = consistent_bilou(tags_of("B-b L-a"), [0.7, 0.7])
    assert tags == tags_of("B-b L-b")


def test_tokens_that_change_get_the_score_of_the_winner() -> None:
    # b: mean (.944 + .948) / 2 -> .95, share 2/3 -> .67; harmonic mean 2 * .95 * .67 / 1.62 = .7858
    # (with a share of 2/3 it were .7835, with a mean of .946 .7844)
    _, confidences = consistent_bilou(tags_of("B-a I-b L-b"), [0.1, 0.944, 0.948])
    assert confidences == [0.79, 0.944, 0.948]


def test_a_value_without_any_confidence_scores_nothing() -> None:
    tags, confidences = consistent_bilou(tags_of("B-a " + "I-b " * 300), [0.001] + [0.5] * 300)
    assert {tag.value for tag in tags} == {"b"}
    assert confidences[0] == 0.67


def test_two_runs_are_repaired_apart() -> None:
    tags, confidences = consistent_bilou(tags_of("B-a L-b B-c I-d"), [0.9, 0.1, 0.1, 0.9])
    assert tags == tags_of("B-a L-a B-d L-d")
    assert confidences == [0.9, 0.64, 0.64, 0.9]


def test_the_lists_given_are_left_alone() -> None:
    tags, confidences = tags_of("B-a I-b"), [0.9, 0.1]
    consistent_bilou(tags, confidences)
    assert (tags, confidences) == (tags_of("B-a I-b"), [0.9, 0.1])
