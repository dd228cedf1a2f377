"""Which trainings are measured, and how they are kept; no times."""

from __future__ import annotations

import doctest
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .scripts import CHECKOUT, module

child, data_sets, epoch_clock = map(module, ("child", "data_sets", "epoch_clock"))
plans, records, runs = map(module, ("training_plans", "training_record", "training_runs"))


@pytest.mark.parametrize(
    "name", ["figures", "report", "scores", "synthetic", "training_plans", "training_report"]
)
def test_examples_in_docstrings_hold(name: str) -> None:
    result = doctest.testmod(module(name))
    assert result.attempted and not result.failed


def test_the_clock_counts_epochs_and_not_the_time_it_stands_still() -> None:
    begin = time.perf_counter()
    clock = epoch_clock.EpochClock()
    clock.begin_epoch()
    clock.end_epoch()
    with clock.stopped():
        stopped = time.perf_counter()
        time.sleep(0.01)
        stopped = time.perf_counter() - stopped
    clock.end_epoch()
    first, second = clock.epoch_ends_s
    assert clock.epochs_s[1] == second - first
    assert clock.epochs_s[0] <= first
    assert second <= time.perf_counter() - begin - stopped


def some_data(name: str) -> Any:
    return data_sets.DataSet(name, Path("/x/peers/config.yml"), Path("train"), Path("test"))


def test_systems_take_turns_in_every_round() -> None:
    tasks = plans.speed_tasks([some_data("A"), some_data("B")], ["onnlu", "original"], 3, 2)
    assert [(task.run.round, task.run.data, task.run.system) for task in tasks] == [
        (number, data, system)
        for number in (1, 2)
        for data in "AB"
        for system in ("onnlu", "original")
    ]


def test_every_seed_is_trained_with_and_the_linear_model_once() -> None:
    tasks = plans.quality_tasks([some_data("A")], ["onnlu", "linear"], 10, [1, 2])
    assert [task.run for task in tasks] == [
        plans.Run("A", "onnlu", "peers/config.yml", 10, seed=1),
        plans.Run("A", "linear", "", 0, seed=0),
        plans.Run("A", "onnlu", "peers/config.yml", 10, seed=2),
    ]


def record(folder: Path) -> Any:
    return records.Record(folder, "speed", CHECKOUT, {"onnlu": {"python": "3.11"}})


def speed_tasks() -> list[Any]:
    return list(plans.speed_tasks([some_data("A")], ["onnlu"], 3, 3))


def test_measuring_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    measured = []

    def measure(task: Any) -> dict[str, Any]:
        if len(measured) == 2:
            raise KeyboardInterrupt
        measured.append(task.run.round)
        return {"figures": {"fit_s": 1.0}}

    with pytest.raises(KeyboardInterrupt):
        runs.measure_all(speed_tasks(), record(tmp_path), measure)
    assert measured == [1, 2]

    def measure_more(task: Any) -> dict[str, Any]:
        measured.append(task.run.round)
        return {"figures": {"fit_s": 1.0}}

    runs.measure_all(speed_tasks(), record(tmp_path), measure_more)
    assert measured == [1, 2, 3]
    (document,) = records.read_records(tmp_path, "speed")
    assert [run["run"]["round"] for run in document["runs"]] == [1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == [
        f"training-speed-{document['date']}-{document['commit']}.json"
    ]


def test_results_of_another_machine_are_not_added_to(tmp_path: Path) -> None:
    kept = record(tmp_path)
    kept.add({"data": "A"}, {})
    document = json.loads(kept.path.read_text(encoding="utf-8"))
    document["machine"]["cores"] = 999
    kept.path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(records.RecordRefused, match="cores 999, here"):
        record(tmp_path)


class Exits:
    """A system whose training ends in the process that it is."""

    versions: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, code: str) -> None:
        self._command = [sys.executable, "-c", code]

    def fit(self, job: Any) -> Any:
        child.checked_run(self._command, job.work / "log", job.work)

    fit_and_predict = fit


def test_a_training_that_was_killed_is_a_result_with_its_memory(tmp_path: Path) -> None:
    killed = Exits("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    found = runs.cost(speed_tasks()[0], killed, tmp_path)
    assert found["killed"]
    assert found["figures"]["fit_peak_rss_mb"] > 1


def test_a_training_that_fails_is_none_and_says_what_it_said(tmp_path: Path) -> None:
    fails = Exits("raise SystemExit('no such data')")
    with pytest.raises(child.ChildFailed, match=r"(?s)exit code 1: .*no such data"):
        runs.cost(speed_tasks()[0], fails, tmp_path)
