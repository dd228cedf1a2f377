from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, classification_report

from onnlu_train.evaluation.labels import label_report

PAIRS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1)


@given(PAIRS)
def test_the_report_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    expected, found = map(list, zip(*pairs, strict=True))
    theirs = classification_report(expected, found, output_dict=True, zero_division=0)

    ours = label_report(expected, found).to_json()

    assert ours["accuracy"] == pytest.approx(accuracy_score(expected, found))
    for name, scores in theirs.items():
        if name != "accuracy":
            assert {key: ours[name][key] for key in scores} == pytest.approx(scores)


@given(PAIRS)
def test_an_excluded_label_has_no_scores_and_counts_in_no_average(
    pairs: list[tuple[str, str]],
) -> None:
    expected, found = map(list, zip(*pairs, strict=True))
    labels = sorted({*expected, *found} - {"a"})
    ours = label_report(expected, found, exclude=["a"])
    assert list(ours.scores) == labels
    if labels:
        theirs = classification_report(
            expected, found, labels=labels, output_dict=True, zero_division=0
        )
        macro = theirs["macro avg"]
        assert ours.averages["macro avg"].f1 == pytest.approx(macro["f1-score"])
        assert ours.averages["macro avg"].support == macro["support"]


def test_a_label_lists_what_it_is_most_confused_with() -> None:
    report = label_report(list("aaaaaab"), list("abbbccb"))

    assert report.confusions() == [("a", "b", 3), ("a", "c", 2)]
    assert report.to_json()["a"]["confused_with"] == {"b": 3, "c": 2}
    assert report.to_json()["b"]["confused_with"] == {}


def test_an_intent_named_as_a_figure_does_no_harm() -> None:
    report = label_report(["accuracy", "x"], ["x", "x"])
    assert report.scores["accuracy"].recall == 0
    assert report.to_json()["accuracy"] == 0.5
