"""Predictions are scored as the reference scorer does."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from .scripts import CHECKOUT, module

data_sets, scores = module("data_sets"), module("scores")


def test_scores_are_those_worked_out_by_hand() -> None:
    city = {"start": 3, "end": 7, "entity": "city"}
    expected = [
        scores.record("to Rome", "go", [city]),
        scores.record("to Oslo", "go", [city]),
        scores.record("hi", "greet", []),
    ]
    predicted = [
        scores.record("to Rome", "go", [city, {**city, "start": 0, "end": 2}]),
        scores.record("to Oslo", "go", [{**city, "entity": "town"}]),
        scores.record("hi", None, []),
    ]
    # Of 3 found entities 1 is right, of 2 expected ones 1 is found.
    assert scores.score(expected, predicted) == pytest.approx(
        {
            "intent_accuracy": 2 / 3,
            "entity_precision": 1 / 3,
            "entity_recall": 1 / 2,
            "entity_f1": 2 / 5,
        }
    )


def test_predictions_of_other_texts_are_refused() -> None:
    one, other = scores.record("a", "x", []), scores.record("b", "x", [])
    for expected, predicted in (([one, other], [other, one]), ([one], [one, other]), ([], [])):
        with pytest.raises(ValueError, match="texts"):
            scores.score(expected, predicted)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["snips", "hwu64"])
def test_scores_are_those_of_the_reference_scorer(
    shared: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONNLU_SHARED", str(shared))
    monkeypatch.syspath_prepend(str(shared / "peers"))
    reference = importlib.import_module("score")
    data = getattr(data_sets, name)(CHECKOUT)
    gold = lines(data.test.with_name("test.gold.jsonl"))
    files = sorted((shared / "peers" / "results").glob(f"{name}*.jsonl"))
    assert files
    for file in files:
        predicted = lines(file)
        wanted = reference.score(gold, predicted)
        assert wanted.pop("texts") == len(data.expected())
        found = scores.score(data.expected(), predicted)
        assert {key: round(value, 4) for key, value in found.items()} == wanted
