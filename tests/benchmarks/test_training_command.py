"""The benchmark of training as it is run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .scripts import BENCHMARKS, CHECKOUT


def command(*arguments: str | Path) -> str:
    line = [sys.executable, str(BENCHMARKS / "training.py"), *map(str, arguments)]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    out = tmp_path_factory.mktemp("results")
    line = ("quality", "--data", "concierge", "--systems", "onnlu", "--epochs", "2", "--seeds", "1")
    command(*line, "--out", out)
    (path,) = out.iterdir()
    before = path.read_text(encoding="utf-8")
    command(*line, "--out", out)
    assert path.read_text(encoding="utf-8") == before  # it had all
    yield out, json.loads(before)


@pytest.mark.slow
def test_quality_after_the_last_epoch_is_that_of_the_model(
    measured: tuple[Path, dict[str, Any]],
) -> None:
    (run,) = measured[1]["runs"]
    first, last = run["curve"]
    assert {**run["scores"], "wall_s": last["wall_s"]} == last
    assert first["intent_accuracy"] != last["intent_accuracy"]
    assert first["wall_s"] < last["wall_s"] < run["figures"]["fit_s"]


@pytest.mark.slow
def test_what_was_measured_is_reported_and_drawn(
    measured: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    results, document = measured
    page = tmp_path / "performance.md"
    page.write_bytes((CHECKOUT / "docs" / "performance.md").read_bytes())
    for name in ("plots", "report"):
        command(name, "--results", results, "--docs", tmp_path)
    text = page.read_text(encoding="utf-8")
    assert f"{document['runs'][0]['scores']['entity_f1']:.4f}" in text
    for plot in (tmp_path / "images").iterdir():
        assert f"(images/{plot.name})" in text
