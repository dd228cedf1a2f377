from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_train.validation.near_duplicates import (
    NearDuplicateIndex,
    groups,
    normalised,
    trigrams,
)

TEXTS = st.lists(st.text(alphabet="ab ", max_size=8).map(normalised), max_size=12)
THRESHOLDS = st.sampled_from([0.3, 0.5, 0.8, 0.9, 1.0])


def jaccard(one: str, other: str) -> float:
    a, b = trigrams(one), trigrams(other)
    return len(a & b) / len(a | b) if a | b else 1.0


@given(TEXTS, st.text(alphabet="ab ", max_size=8).map(normalised), THRESHOLDS)
def test_the_index_finds_what_comparing_with_every_text_finds(
    texts: list[str], text: str, threshold: float
) -> None:
    expected = [
        n for n, other in enumerate(texts) if trigrams(text) and jaccard(text, other) >= threshold
    ]
    found = NearDuplicateIndex(texts, threshold).matches(text)
    assert sorted(match.position for match in found) == expected
    for match in found:
        assert match.similarity == jaccard(text, texts[match.position])
    assert [m.similarity for m in found] == sorted((m.similarity for m in found), reverse=True)


@given(TEXTS, THRESHOLDS)
def test_groups_join_whatever_is_similar(texts: list[str], threshold: float) -> None:
    found = groups(texts, threshold)
    group_of = {member: n for n, group in enumerate(found) for member in group}
    for one in range(len(texts)):
        similar = [
            other
            for other in range(len(texts))
            if other != one
            and trigrams(texts[one])
            and jaccard(texts[one], texts[other]) >= threshold
        ]
        assert (one in group_of) == bool(similar)
        assert all(group_of[other] == group_of[one] for other in similar)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's  UP?!", "what s up"),
        ("ＡＢＣ", "abc"),
        ("straße", "strasse"),
        ("🎉🎉", "🎉🎉"),
        (" ?! ", "?!"),
    ],
)
def test_case_punctuation_and_width_do_not_count(text: str, expected: str) -> None:
    assert normalised(text) == expected
