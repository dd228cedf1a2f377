from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onnlu_train.evaluation.entities import EntityEvaluation, entity_evaluations
from onnlu_train.evaluation.predictions import Prediction
from onnlu_train.evaluation.token_labels import token_report

Make = Callable[..., Prediction]

TEXT = "from New York to Rome on Monday"
NEW_YORK, YORK, ROME, MONDAY = (5, 13), (9, 13), (17, 21), (25, 31)


def test_exact_scores_need_the_borders_and_the_type(predicted: Make) -> None:
    prediction = predicted(
        TEXT,
        entities=[(*NEW_YORK, "city"), (*ROME, "city"), (*MONDAY, "date")],
        found_entities=[(*YORK, "city"), (*ROME, "city"), (*MONDAY, "city")],
    )

    scores = EntityEvaluation((prediction,)).exact()

    assert (scores.micro.precision, scores.micro.recall) == (1 / 3, 1 / 3)
    city, date = scores.by_label["city"], scores.by_label["date"]
    assert (city.precision, city.recall, city.f1, city.support) == (1 / 3, 1 / 2, 0.4, 2)
    assert (date.precision, date.recall, date.f1, date.support) == (0, 0, 0, 1)


def test_an_overlap_of_the_same_type_is_enough_for_overlap_scores(predicted: Make) -> None:
    prediction = predicted(
        TEXT,
        entities=[(*NEW_YORK, "city"), (*ROME, "city")],
        found_entities=[(5, 8, "city"), (*YORK, "city"), (*ROME, "date"), (13, 16, "city")],
    )

    scores = EntityEvaluation((prediction,)).overlap().micro

    # "New" and "York" reach "New York"; what only touches it, or has another type, does not.
    assert (scores.precision, scores.recall) == (2 / 4, 1 / 2)


def test_extractors_are_scored_all_together_and_apart(predicted: Make) -> None:
    prediction = predicted(
        TEXT,
        entities=[(*ROME, "city"), (*MONDAY, "date")],
        found_entities=[(*ROME, "city", "A"), (*ROME, "city", "B"), (*MONDAY, "date", "B")],
    )

    every, a, b = entity_evaluations([prediction])

    assert [e.extractor for e in (every, a, b)] == [None, "A", "B"]
    assert every.exact().micro.precision == every.exact().micro.recall == 1
    assert (a.exact().micro.precision, a.exact().micro.recall) == (1, 0.5)
    assert b.exact().micro.f1 == 1
    assert (a.errors(), b.errors(), b.successes()) == ([prediction], [], [prediction])


def test_without_entities_there_is_nothing_to_evaluate(predicted: Make) -> None:
    assert entity_evaluations([predicted("hello", "greet", ("greet", 1.0))]) == []


def test_the_most_mistakes_come_first(predicted: Make) -> None:
    one = predicted("to Rome", entities=[(3, 7, "city")])
    two = predicted("to Oslo", entities=[(3, 7, "city")], found_entities=[(0, 2, "city")])
    assert EntityEvaluation((one, two)).errors() == [two, one]


def test_confidences_are_those_of_right_and_wrong_entities(predicted: Make) -> None:
    prediction = predicted(
        TEXT,
        entities=[(*ROME, "city")],
        found_entities=[(*ROME, "city", "A", 0.75), (*MONDAY, "city", "A", 0.5), (0, 4, "x", "A")],
    )
    assert EntityEvaluation((prediction,)).confidences() == ([0.75], [0.5])


def test_token_scores_count_each_token_of_an_entity(predicted: Make) -> None:
    prediction = predicted(
        TEXT,
        entities=[(*NEW_YORK, "city"), (*ROME, "city")],
        found_entities=[(*YORK, "city"), (*MONDAY, "date")],
    )

    report = token_report(EntityEvaluation((prediction,)))

    assert report.scores["city"].support == 3
    assert report.scores["city"].recall == 1 / 3
    assert report.accuracy == 4 / 7
    assert "no_entity" not in report.scores
    assert report.to_json()["city"]["confused_with"] == {"no_entity": 2}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("gold", "results"),
    [
        ("snips/test", "snips_10_epochs_run1"),
        ("snips/test", "snips_10_epochs_seed2"),
        ("hwu64/fold_1/test", "hwu64_fold_1_10_epochs_run1"),
    ],
)
def test_micro_scores_are_those_of_the_scorer_of_all_systems(
    shared: Path, gold: str, results: str, predicted: Make
) -> None:
    spec = importlib.util.spec_from_file_location("score", shared / "peers" / "score.py")
    assert spec
    assert spec.loader
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    right = lines(shared / "data" / f"{gold}.gold.jsonl")
    found = lines(shared / "peers" / "results" / f"{results}.jsonl")

    scores = (
        EntityEvaluation(
            tuple(
                predicted(r["text"], entities=triples(r), found_entities=triples(f))
                for r, f in zip(right, found, strict=True)
            )
        )
        .exact()
        .micro
    )

    theirs = scorer.score(right, found)
    assert round(scores.precision, 4) == theirs["entity_precision"]
    assert round(scores.recall, 4) == theirs["entity_recall"]
    assert round(scores.f1, 4) == theirs["entity_f1"]


def lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def triples(record: dict[str, Any]) -> list[tuple[int, int, str]]:
    return [(entity["start"], entity["end"], entity["entity"]) for entity in record["entities"]]
