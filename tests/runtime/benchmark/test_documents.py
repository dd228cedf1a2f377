"""Benchmarks on disk, and beside each other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from onnlu.benchmark.comparison import changes, check_comparable, differences
from onnlu.benchmark.document import Benchmark, read_benchmark, texts_digest
from onnlu.benchmark.estimates import Estimate
from onnlu.benchmark.report import change_lines, figure_lines
from onnlu_engine.errors import InvalidDataException

BENCHMARK = Benchmark(
    model={"path": "models/onnx", "model_id": "a" * 64, "bytes": 1_000_000},
    texts={"source": "texts.txt", "count": 2, "digest": texts_digest(["a", "b"])},
    settings={"device": "cpu", "fallback": None, "threads": 1, "quick": False},
    machine={"cpu": "A CPU", "features": {"avx2": True}, "cores": 2, "load_before": 0.1},
    versions={"python": "3.12.1", "onnxruntime": "1.31.1"},
    created="2026-11-22T10:00:00Z",
    figures={
        "parse_p50_ms": Estimate(0.8, 0.7, 0.9),
        "requests_per_s_with_8_callers": Estimate(1000.0, 900.0, 1100.0),
        "rss_mb_of_1_process": Estimate(70.0),
    },
)


def written(path: Path, document: Any) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_benchmark_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_benchmark(written(tmp_path / "b.json", BENCHMARK.to_json())) == BENCHMARK


def test_a_benchmark_that_was_compared_itself_can_be_compared_with(tmp_path: Path) -> None:
    compared = BENCHMARK.to_json() | {"against": {"created": "2026-11-21T10:00:00Z"}}
    assert read_benchmark(written(tmp_path / "b.json", compared)) == BENCHMARK


@pytest.mark.parametrize(
    "change",
    [
        {"format": "onnlu-bench/2"},
        {"figures": {"parse_p50_ms": {"value": "fast"}}},
        {"figures": {"parse_p50_ms": {"value": float("nan")}}},
        {"figures": {"parse_p50_ms": 3}},
        {"figures": []},
        {"texts": {}},
        {"model": None},
        {"settings": []},
        {"machine": None},
        {"versions": "3.12"},
        {"surprise": 1},
    ],
)
def test_what_is_no_benchmark_is_named(tmp_path: Path, change: dict[str, Any]) -> None:
    path = written(tmp_path / "b.json", BENCHMARK.to_json() | change)
    with pytest.raises(InvalidDataException, match=r"b\.json is no benchmark: .*onnlu bench MODEL"):
        read_benchmark(path)


@pytest.mark.parametrize(
    "content", ["", "[]", "null", "{", '{"format": "onnlu-bench/1"}', "\ud800"]
)
def test_what_is_no_document_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "b.json"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(InvalidDataException, match="is no benchmark"):
        read_benchmark(path)


def test_other_texts_are_not_compared() -> None:
    check_comparable(BENCHMARK, texts_digest(["a", "b"]))
    with pytest.raises(InvalidDataException, match=r"other texts \(2 of texts.txt\)"):
        check_comparable(BENCHMARK, texts_digest(["b", "a"]))


def test_figures_are_better_or_worse_only_outside_of_both_intervals() -> None:
    now = {
        "parse_p50_ms": Estimate(0.4, 0.3, 0.5),
        "requests_per_s_with_8_callers": Estimate(500.0, 400.0, 600.0),
        "rss_mb_of_1_process": Estimate(50.0),
        "a_new_figure_ms": Estimate(1.0),
    }
    found = {c.name: c for c in changes(BENCHMARK, replace(BENCHMARK, figures=now))}
    assert set(found) == set(BENCHMARK.figures)
    assert (found["parse_p50_ms"].ratio, found["parse_p50_ms"].verdict) == (2.0, "better")
    callers = found["requests_per_s_with_8_callers"]
    assert (callers.ratio, callers.verdict) == (2.0, "worse")
    assert (found["rss_mb_of_1_process"].ratio, found["rss_mb_of_1_process"].verdict) == (1.4, "")


@pytest.mark.parametrize("now", [Estimate(0.85, 0.82, 0.99), Estimate(1.2, 0.75, 1.4)])
def test_values_within_either_interval_are_no_change(now: Estimate) -> None:
    (change,) = changes(BENCHMARK, replace(BENCHMARK, figures={"parse_p50_ms": now}))
    assert change.verdict == ""


def test_what_differs_besides_is_told() -> None:
    now = replace(
        BENCHMARK,
        model={**BENCHMARK.model, "model_id": "b" * 64},
        settings={**BENCHMARK.settings, "threads": 2},
        machine={**BENCHMARK.machine, "cpu": "Another", "load_before": 7.0},
    )
    assert differences(BENCHMARK, now) == [
        "another model",
        "threads: 1 then, 2 now",
        "cpu: A CPU then, Another now",
    ]
    assert differences(BENCHMARK, BENCHMARK) == []


def test_reports_have_a_line_for_each_figure() -> None:
    _, latency, callers, rss = figure_lines(BENCHMARK)
    assert latency.split() == ["parse_p50_ms", "0.8", "0.7", "-", "0.9"]
    assert callers.split()[1] == "1,000"
    assert rss.split()[1:] == ["70", "?", "-", "?"]
    assert len(change_lines(changes(BENCHMARK, BENCHMARK))) == 4
