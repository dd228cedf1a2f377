"""What is kept of a cross-validation that does not come to its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onnlu_train.cli.cross_validate import FoldReport
from onnlu_train.evaluation.confidence import Thresholds
from onnlu_train.evaluation.fold import FoldResult
from onnlu_train.evaluation.predictions import Guess, Prediction


def fold(*test: int) -> FoldResult:
    prediction = Prediction("hi", "a", (), None, (Guess("a", 0.5),), (), None, ((0, 2),))
    return FoldResult(test, [prediction] * len(test), Thresholds())


def interrupted(out: Path, *results: FoldResult) -> None:
    report = FoldReport({"number_of_folds": 3}, out, overwrite=True, successes=False)
    with pytest.raises(KeyboardInterrupt), report.kept():
        for result in results:
            report.add(result)
        raise KeyboardInterrupt


def figures(out: Path) -> Any:
    return json.loads((out / "evaluation.json").read_text(encoding="utf-8"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_the_finished_folds_are_reported(out: Path) -> None:
    interrupted(out, fold(0, 1))
    kept = figures(out)
    assert (kept["messages"], kept["finished_folds"], kept["number_of_folds"]) == (2, 1, 3)


def test_a_report_that_is_there_stays_and_the_partial_one_stands_beside_it(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = FoldReport({}, out, overwrite=False, successes=False)
    whole.add(fold(0, 1, 2))
    whole.write()

    for results in ((fold(0, 1),), (fold(0), fold(1), fold(2))):
        interrupted(out, *results)

    partial = out.with_name("out.partial")
    assert (figures(out)["messages"], "finished_folds" in figures(out)) == (3, False)
    assert figures(partial)["finished_folds"] == 3
    assert capsys.readouterr().err.splitlines()[-1].endswith(f" that finished, in {partial}")


def test_without_a_finished_fold_nothing_is_written(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupted(out)
    assert not out.exists()
    assert f"Nothing was written to {out}." in capsys.readouterr().err
