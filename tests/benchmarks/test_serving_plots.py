"""What is drawn of results that are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .scripts import module

plots = module("serving_plots")
record = module("serving_record")

CALLERS = (1, 8, 32)
BATCHES = (1, 8, 32, 128)


def estimate(value: float) -> dict[str, float | None]:
    return {"value": value, "low": value - 5, "high": None if value > 400 else value + 5}


def figures() -> dict[str, Any]:
    """Return some of what `onnlu bench --json` has."""
    found = {f"texts_per_s_in_batches_of_{n}": estimate(100 + n) for n in BATCHES}
    for n in CALLERS:
        name = f"{n}_caller{'s' if n > 1 else ''}"
        found[f"requests_per_s_with_{name}"] = estimate(200 + n)
        found[f"requests_per_s_per_core_with_{name}"] = estimate(400 + n)
    return {**found, "cold_start_s": estimate(7)}


def keep(folder: Path, name: str, ended: str, found: Any) -> None:
    document = {"ended": ended, name: found}
    path = folder / f"serving-{name}-2026-01-02-{len(list(folder.iterdir()))}.json"
    path.write_text(json.dumps(document), encoding="utf-8")


def test_throughput_is_drawn_by_batch_size_and_by_callers() -> None:
    (axes,) = plots.batch_figure(figures()).axes
    (line,) = axes.lines
    assert list(line.get_xdata()) == list(BATCHES)
    assert list(line.get_ydata()) == [100 + n for n in BATCHES]
    (axes,) = plots.callers_figure(figures()).axes
    drawn = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert drawn == {
        "all": [200 + n for n in CALLERS],
        "for each core in use": [400 + n for n in CALLERS],
    }


def test_an_interval_that_is_open_is_not_drawn() -> None:
    (axes,) = plots.callers_figure(figures()).axes
    drawn = [segment[:, 1].tolist() for c in axes.collections for segment in c.get_segments()]
    assert drawn == [[200 + n - 5, 200 + n + 5] for n in CALLERS]


def test_the_newest_results_are_drawn(tmp_path: Path) -> None:
    keep(tmp_path, "bench", "2026-01-02T11:00:00+00:00", "new")
    keep(tmp_path, "bench", "2026-01-02T09:00:00+00:00", "old")
    assert record.newest(tmp_path, "bench")["bench"] == "new"
    assert record.newest(tmp_path, "length") is None


def test_the_same_results_give_the_same_files(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    names = ("parse_p50_ms", "parse_p95_ms", "graph_p50_ms", "around_p50_ms")
    length = [{"tokens": n, **dict.fromkeys(names, n / 10)} for n in (1, 10, 500)]
    keep(results, "length", "2026-01-02T11:00:00+00:00", length)
    keep(results, "bench", "2026-01-02T11:00:00+00:00", {"figures": figures()})
    first, second = (list(plots.draw(results, tmp_path / folder)) for folder in "ab")
    assert [path.name for path in first] == [
        "serving-length.svg",
        "serving-batch.svg",
        "serving-callers.svg",
    ]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
