from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu.components.fallback_classifier import FallbackClassifier
from onnlu_engine.schema import GraphSchema, SchemaNode
from onnlu_train.evaluation.classification import Classification, intent_classification
from onnlu_train.evaluation.confidence import (
    Thresholds,
    calibration,
    expected_calibration_error,
    fallback,
)
from onnlu_train.evaluation.predictions import Prediction

Make = Callable[..., Prediction]


def test_bins_hold_their_upper_border() -> None:
    bins = calibration([0.0, 0.1, 0.11, 1.0], [True, False, True, True])
    assert [(b.low, b.high, b.messages, b.accuracy) for b in bins] == [
        (0.0, 0.1, 2, 0.5),
        (0.1, 0.2, 1, 1.0),
        (0.9, 1.0, 1, 1.0),
    ]


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=1))
def test_the_calibration_error_is_the_weighted_gap(cases: list[tuple[int, bool]]) -> None:
    """By hand: bin n holds the confidences above 10 n % up to 10 (n + 1) %."""
    confidences = [percent / 100 for percent, _ in cases]
    error = expected_calibration_error(calibration(confidences, [right for _, right in cases]))

    gaps = 0.0
    for n in range(10):
        inside = [c for c in cases if 10 * n < c[0] <= 10 * (n + 1) or (n == 0 and c[0] == 0)]
        gaps += abs(sum(percent / 100 for percent, _ in inside) - sum(right for _, right in inside))
    assert error == pytest.approx(gaps / len(cases), abs=1e-9)


def intents(predicted: Make, *cases: tuple[bool, float, float]) -> Classification:
    """Make intents of (whether right, confidence, confidence of the second)."""
    predictions = [
        predicted("x", "a", [("a" if right else "b", first), ("c", second)])
        for right, first, second in cases
    ]
    classification = intent_classification(predictions)
    assert classification
    return classification


def test_fallback_counts_unsure_and_ambiguous_messages(predicted: Make) -> None:
    found = fallback(
        intents(
            predicted,
            (False, 0.2, 0.19),  # below, and so not counted as ambiguous
            (True, 0.5, 0.45),
            (False, 0.9, 0.1),
            (True, 0.9, 0.1),
        ),
        Thresholds(0.3, 0.1),
    )

    assert (found.below_threshold, found.ambiguous) == (0.25, 0.25)
    assert (found.accuracy_of_rest, found.wrong_caught) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("config", "expected"),
    [({}, (0.3, 0.1)), ({"threshold": 0.6, "ambiguity_threshold": 0.2}, (0.6, 0.2))],
)
def test_thresholds_are_those_of_the_fallback_classifier(
    config: dict[str, float], expected: tuple[float, float]
) -> None:
    node = SchemaNode(
        needs={"messages": "__message__"},
        uses=FallbackClassifier,
        constructor_name="load",
        fn="process",
        config=config,
    )
    assert Thresholds.of_schema(GraphSchema({"run": node})) == Thresholds(*expected)
    assert Thresholds.of_schema(GraphSchema({})) == Thresholds(0.3, 0.1)


def test_where_all_fall_back_there_is_no_rest(predicted: Make) -> None:
    found = fallback(intents(predicted, (True, 0.2, 0.1)), Thresholds())
    assert (found.accuracy_of_rest, found.wrong_caught) == (None, None)
