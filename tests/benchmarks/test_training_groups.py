"""The runs of one training are put together."""

from __future__ import annotations

from typing import Any

import pytest

from .scripts import module

groups, plans = module("training_groups"), module("training_plans")


def document(*found: dict[str, Any], commit: str = "abc1234") -> dict[str, Any]:
    run = plans.Run("A", "onnlu", "peers/config.yml", 2)._asdict()
    return {
        "commit": commit,
        "runs": [{**one, "run": {**run, **one.get("run", {})}} for one in found],
    }


def test_an_epoch_takes_the_median_of_all_after_the_first_of_all_rounds() -> None:
    (group,) = groups.groups(
        document(
            {"figures": {"first_epoch_s": 30.0, "epoch_s": 3.0}, "epochs_s": [30.0, 1.0, 5.0]},
            {"figures": {"first_epoch_s": 40.0, "epoch_s": 9.0}, "epochs_s": [40.0, 9.0]},
        )
    )
    assert group.figures == {"first_epoch_s": 35.0, "epoch_s": 5.0}


def test_trainings_that_differ_in_more_than_seed_and_round_are_told_apart() -> None:
    found = groups.groups(
        document(
            {"figures": {}, "run": {"seed": 1}},
            {"figures": {}, "run": {"seed": 2, "round": 2}},
            {"figures": {}, "run": {"epochs": 3}},
            {"figures": {}, "run": {"system": "original"}},
        )
    )
    assert [len(group.runs) for group in found] == [2, 1, 1]


def test_the_newest_document_counts_that_has_a_training() -> None:
    newer = document({"figures": {"fit_s": 1.0}}, commit="newer")
    original = {"figures": {"fit_s": 3.0}, "run": {"system": "original"}}
    older = document({"figures": {"fit_s": 2.0}}, original, commit="older")
    found = groups.newest_groups([newer, older])
    assert [(group.system, group.figures["fit_s"]) for group in found] == [
        ("onnlu", 1.0),
        ("original", 3.0),
    ]


def test_a_curve_has_the_means_after_each_epoch_that_all_runs_have() -> None:
    def curve(*points: tuple[float, float]) -> dict[str, Any]:
        return {"figures": {}, "curve": [{"wall_s": s, "entity_f1": f1} for s, f1 in points]}

    (group,) = groups.groups(
        document(curve((10, 0.5), (20, 0.6)), curve((12, 0.7), (24, 0.8), (30, 0.9)))
    )
    assert group.curve == [
        pytest.approx({"wall_s": 11, "entity_f1": 0.6}),
        pytest.approx({"wall_s": 22, "entity_f1": 0.7}),
    ]
