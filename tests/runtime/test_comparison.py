from __future__ import annotations

from typing import Any

import pytest

from onnlu.comparison import Comparison, compare_results
from onnlu.tolerance import Tolerance

TOLERANCE = Tolerance()


def result(*intents: tuple[str, float]) -> dict[str, Any]:
    ranking = [{"name": name, "confidence": confidence} for name, confidence in intents]
    return {
        "text": "x",
        "intent": ranking[0],
        "entities": [],
        "text_tokens": [[0, 1]],
        "intent_ranking": ranking,
    }


FALLBACK = ("nlu_fallback", 0.3)
SURE = result(("a", 0.3), ("b", 0.1))
UNSURE = result(FALLBACK, ("a", 0.3 - 1e-6), ("b", 0.1))


def test_equal_results_do_not_differ() -> None:
    assert compare_results(UNSURE, UNSURE, TOLERANCE) == Comparison(None)


@pytest.mark.parametrize(("ours", "reference"), [(SURE, UNSURE), (UNSURE, SURE)])
def test_a_fallback_that_a_rounding_error_decides_is_a_near_tie(
    ours: dict[str, Any], reference: dict[str, Any]
) -> None:
    assert compare_results(ours, reference, TOLERANCE) == Comparison(None, 1)


def test_a_fallback_differs_where_the_classifiers_do() -> None:
    other = result(FALLBACK, ("a", 0.2), ("b", 0.1))
    assert compare_results(SURE, other, TOLERANCE).difference is not None
    assert compare_results(SURE, result(FALLBACK, ("b", 0.3)), TOLERANCE).difference is not None


def test_the_confidence_of_the_fallback_is_compared() -> None:
    other = result(("nlu_fallback", 0.4), ("a", 0.3), ("b", 0.1))
    assert compare_results(UNSURE, other, TOLERANCE).difference is not None


def with_selector(*responses: tuple[str | None, float], **more: Any) -> dict[str, Any]:
    ranking = [{"intent_response_key": key, "confidence": sure} for key, sure in responses]
    selector = {"response": {**ranking[0], "responses": []}, "ranking": ranking}
    return SURE | {"response_selector": {"all_retrieval_intents": ["faq"], "faq": selector, **more}}


CHOSEN = with_selector(("faq/a", 0.6), ("faq/b", 0.4))


def test_equal_responses_do_not_differ() -> None:
    close = with_selector(("faq/a", 0.6 + 1e-6), ("faq/b", 0.4))
    assert compare_results(close, CHOSEN, TOLERANCE) == Comparison(None)


@pytest.mark.parametrize(
    "other",
    [
        SURE,
        with_selector(("faq/b", 0.6), ("faq/a", 0.4)),
        with_selector(("faq/a", 0.7), ("faq/b", 0.4)),
        with_selector(("faq/a", 0.6)),
        with_selector(("faq/a", 0.6), ("faq/b", 0.4), all_retrieval_intents=[]),
        with_selector(("faq/a", 0.6), ("faq/b", 0.4), default=CHOSEN["response_selector"]["faq"]),
    ],
)
def test_responses_that_differ_are_found(other: dict[str, Any]) -> None:
    assert compare_results(other, CHOSEN, TOLERANCE).difference is not None
    assert compare_results(CHOSEN, other, TOLERANCE).difference is not None


def test_responses_that_change_places_by_a_rounding_error_are_near_ties() -> None:
    one = with_selector(("faq/a", 0.5 + 1e-7), ("faq/b", 0.5))
    other = with_selector(("faq/b", 0.5 + 1e-7), ("faq/a", 0.5))
    found = compare_results(one, other, TOLERANCE)
    assert found == Comparison(None, 3)  # the response, and both places of the ranking


def with_entities(base: dict[str, Any], *entities: tuple[str, str]) -> dict[str, Any]:
    found = [
        {"entity": kind, "start": 0, "end": 1, "value": "x", "extractor": extractor}
        for extractor, kind in entities
    ]
    return base | {"entities": found}


BY_TWO = with_entities(SURE, ("DIET", "city"), ("Regex", "zip"))


@pytest.mark.parametrize("found", [[], [("DIET", "size")], [("DIET", "city"), ("DIET", "size")]])
def test_entities_of_an_excused_extractor_may_differ(found: list[tuple[str, str]]) -> None:
    ours = with_entities(SURE, *found, ("Regex", "zip"))
    assert compare_results(ours, BY_TWO, TOLERANCE, {"DIET"}) == Comparison(None)
    assert compare_results(ours, BY_TWO, TOLERANCE).difference is not None
    assert compare_results(ours, BY_TWO, TOLERANCE, {"Other"}).difference is not None


def test_nothing_else_is_excused_with_them() -> None:
    others = with_entities(SURE, ("DIET", "city"), ("Regex", "area"))
    assert compare_results(others, BY_TWO, TOLERANCE, {"DIET"}).difference is not None
    intent = with_entities(result(("b", 0.3), ("a", 0.1)), ("Regex", "zip"))
    assert compare_results(intent, BY_TWO, TOLERANCE, {"DIET"}).difference is not None
    responses = with_entities(with_selector(("faq/b", 0.6), ("faq/a", 0.4)), ("Regex", "zip"))
    assert compare_results(responses, CHOSEN, TOLERANCE, {"DIET"}).difference is not None
