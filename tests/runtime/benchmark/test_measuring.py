"""Measuring a real model; how fast it is, no test says."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

import onnlu
from onnlu.benchmark.latency import latency, warm_up
from onnlu.benchmark.plan import Plan
from onnlu.benchmark.processes import cold_start, memory, serving
from onnlu.benchmark.throughput import by_batch_size, by_callers, by_threads
from onnlu.machine.memory import memory_of
from onnlu_engine.errors import OnnluException

TEXTS = ["hello", "fly to Rome", ""]
PLAN = Plan(calls=20, rounds=2, seconds=0.02, process_rounds=1)
NOBODY_TELLS = pytest.mark.skipif(memory_of() is None, reason="the system tells no memory")


@pytest.fixture(scope="module")
def nlu(exported_model: Path) -> onnlu.NLU:
    return onnlu.load(exported_model, device="cpu")


def order(model: Path, **changes: Any) -> dict[str, Any]:
    return {"model": str(model), "device": "cpu", "threads": 1, "texts": TEXTS, **changes}


def test_quantiles_of_the_latency_are_in_order(nlu: onnlu.NLU) -> None:
    warm_up(nlu, TEXTS)
    found = [estimate.value for estimate in latency(nlu, TEXTS, 30).values()]
    assert 0 < found[0] <= found[1] <= found[2]


def test_each_number_of_callers_has_its_rates(nlu: onnlu.NLU) -> None:
    found = by_callers(nlu, TEXTS, PLAN, (1, 3))
    assert list(found) == [
        *("requests_per_s_with_1_caller", "requests_per_s_per_core_with_1_caller"),
        *("requests_per_s_with_3_callers", "requests_per_s_per_core_with_3_callers"),
    ]
    assert all(estimate.value > 0 for estimate in found.values())


def test_what_a_caller_meets_is_raised(nlu: onnlu.NLU) -> None:
    with pytest.raises(onnlu.TextTooLongException):
        by_callers(nlu, ["a" * 100_000], PLAN, (2,))


def test_each_batch_size_and_number_of_threads_has_its_rate(
    nlu: onnlu.NLU, exported_model: Path
) -> None:
    loaded: list[int] = []

    def load(threads: int) -> onnlu.NLU:
        loaded.append(threads)
        return onnlu.load(exported_model, device="cpu", threads=threads)

    found = by_batch_size(nlu, TEXTS, PLAN, (1, 8)) | by_threads(load, TEXTS, PLAN, (1, 2))
    assert list(found) == [
        *("texts_per_s_in_batches_of_1", "texts_per_s_in_batches_of_8"),
        *("texts_per_s_with_1_thread", "texts_per_s_with_2_threads"),
    ]
    assert loaded == [1, 2]
    assert all(estimate.value > 0 for estimate in found.values())


def test_a_fresh_process_answers(exported_model: Path) -> None:
    (found,) = cold_start(order(exported_model), 1).values()
    assert found.value > 0


@NOBODY_TELLS
def test_processes_side_by_side_share_pages(exported_model: Path) -> None:
    found = {k: v.value for k, v in memory(order(exported_model), 1, (1, 2)).items()}
    for processes in ("1_process", "2_processes"):
        rss, pss, uss = (found[f"{kind}_mb_of_{processes}"] for kind in ("rss", "pss", "uss"))
        assert 0 < uss <= pss <= rss
        assert found[f"peak_rss_mb_of_{processes}"] >= rss
    assert found["rss_mb_of_2_processes"] > 1.5 * found["rss_mb_of_1_process"]
    assert found["pss_mb_of_2_processes"] < found["rss_mb_of_2_processes"]


def test_a_process_that_cannot_serve_is_an_error_and_has_ended(
    exported_model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        pytest.raises(OnnluException, match="could not serve"),
        serving(order(exported_model, device="tpu")),
    ):
        pytest.fail("it serves")
    assert "There is no device 'tpu'" in capfd.readouterr().err


def test_no_process_is_left(exported_model: Path) -> None:
    with serving(order(exported_model)) as process:
        left = process._process
    assert isinstance(left, subprocess.Popen)
    assert left.returncode is not None
