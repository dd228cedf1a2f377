"""Two results of one text: do they decide alike, and are they as sure of it?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from onnlu.components.fallback_classifier import FALLBACK_INTENT
from onnlu.decoding.response import ALL_RETRIEVAL_INTENTS
from onnlu.message import INTENT_RESPONSE_KEY, RESPONSE_SELECTOR
from onnlu.tolerance import Tolerance

Result = Mapping[str, Any]

_DECIDED = ("entity", "start", "end", "value", "role", "group", "extractor", "processors")
_CONFIDENCES = ("confidence_entity", "confidence_role", "confidence_group")


class Comparison(NamedTuple):
    """What came of a comparison.

    Attributes:
        difference: the first thing that differs, in words; None if nothing does.
        near_ties: intents, or responses, that change places where the reference hardly prefers one.
    """

    difference: str | None
    near_ties: int = 0


def compare_results(
    ours: Result, reference: Result, tolerance: Tolerance, excused: Collection[str] = ()
) -> Comparison:
    """Compare results in the shape of `ParseResult.to_dict`.

    Args:
        ours: the result to judge.
        reference: the right one.
        tolerance: for confidences; decisions have to be equal but for near ties.
        excused: extractors whose entities are not compared.
    """
    for key in ("text", "text_tokens"):
        if ours[key] != reference[key]:
            return Comparison(f"{key} {ours[key]!r} instead of {reference[key]!r}")
    near_ties = 0
    for compare in (_compare_intents, _compare_selectors):
        compared = compare(ours, reference, tolerance)
        if compared.difference:
            return compared
        near_ties += compared.near_ties
    mine, theirs = (
        [entity for entity in result["entities"] if entity.get("extractor") not in excused]
        for result in (ours, reference)
    )
    return Comparison(_entity_difference(mine, theirs, tolerance), near_ties)


def _compare_intents(ours: Result, reference: Result, tolerance: Tolerance) -> Comparison:
    mine = [ours["intent"], *ours["intent_ranking"]]
    theirs = [reference["intent"], *reference["intent_ranking"]]
    near_ties = 0
    if _falls_back(ours) != _falls_back(reference):
        # The same thresholds judged both: where the classifiers agree, one confidence is as close
        # to a threshold as the tolerance is wide.
        mine, theirs = _without_fallback(mine), _without_fallback(theirs)
        near_ties += 1
    compared = _compare_rankings(mine, theirs, tolerance)
    return Comparison(compared.difference, near_ties + compared.near_ties)


def _compare_selectors(ours: Result, reference: Result, tolerance: Tolerance) -> Comparison:
    mine, theirs = (dict(result.get(RESPONSE_SELECTOR, {})) for result in (ours, reference))
    retrieval = [selectors.pop(ALL_RETRIEVAL_INTENTS, None) for selectors in (mine, theirs)]
    for one, other in (retrieval, (sorted(mine), sorted(theirs))):
        if one != other:
            return Comparison(f"{RESPONSE_SELECTOR} of {one} instead of {other}")
    near_ties = 0
    for name, other in theirs.items():
        ranked = (_ranked(mine[name]), _ranked(other))
        compared = _compare_rankings(*ranked, tolerance, "response")
        if compared.difference:
            return compared
        near_ties += compared.near_ties
    return Comparison(None, near_ties)


def _ranked(selector: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the response of a selector and its ranking, in the shape of intents."""
    return [
        {"name": response[INTENT_RESPONSE_KEY], "confidence": response["confidence"]}
        for response in (selector["response"], *selector["ranking"])
    ]


def _compare_rankings(
    mine: list[dict[str, Any]],
    theirs: list[dict[str, Any]],
    tolerance: Tolerance,
    what: str = "intent",
) -> Comparison:
    """Compare what was chosen, and the ranking after it."""
    if len(mine) != len(theirs):
        return Comparison(f"{len(mine) - 1} ranked {what}s instead of {len(theirs) - 1}")
    near_ties = 0
    confidence = {label["name"]: label["confidence"] for label in theirs}
    for one, other in zip(mine, theirs, strict=True):
        if not tolerance.accepts(one["confidence"], other["confidence"]):
            return Comparison(f"{what} {one} instead of {other}")
        if one["name"] == other["name"]:
            continue
        # A label that the reference's ranking cuts off is no surer than its last one.
        rival = confidence.get(one["name"], theirs[-1]["confidence"])
        if not tolerance.nearly_tie(rival, other["confidence"]):
            return Comparison(f"{what} {one} instead of {other}")
        near_ties += 1
    return Comparison(None, near_ties)


def _falls_back(result: Result) -> bool:
    return bool(result["intent"]["name"] == FALLBACK_INTENT)


def _without_fallback(intents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return intent and ranking as they were before a `FallbackClassifier`."""
    if intents[0]["name"] != FALLBACK_INTENT:
        return intents
    ranking = intents[2:]
    return [*ranking[:1], *ranking]


def _entity_difference(
    ours: list[dict[str, Any]], reference: list[dict[str, Any]], tolerance: Tolerance
) -> str | None:
    if len(ours) != len(reference):
        return f"entities {ours} instead of {reference}"
    for mine, theirs in zip(ours, reference, strict=True):
        if any(mine.get(key) != theirs.get(key) for key in _DECIDED):
            return f"entity {mine} instead of {theirs}"
        for key in _CONFIDENCES:
            if not tolerance.accepts(mine.get(key, 0.0), theirs.get(key, 0.0)):
                return f"{key} {mine.get(key)} instead of {theirs.get(key)}"
    return None
