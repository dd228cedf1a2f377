"""`trainer cross-validate`."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from .commands import Run, Start


@pytest.fixture
def line(tiny_project: Path, tmp_path: Path) -> list[str | Path]:
    config, data = tiny_project / "config.yml", tiny_project / "nlu.yml"
    return ["cross-validate", "--config", config, "--data", data, "--out", tmp_path / "out"]


@pytest.mark.slow
def test_each_message_is_predicted_once_and_the_figures_of_folds_are_told(
    run: Run, line: list[str | Path], tmp_path: Path
) -> None:
    done = run("trainer", *line, "--folds", "2", "--epochs", "3", "--seed", "4", "--json")

    document = json.loads(done.out)
    folds = document["folds"]
    assert done.code == 0
    assert document["messages"] == sum(fold["messages"] for fold in folds) == 12
    accuracies = [fold["intents"]["accuracy"] for fold in folds]
    mean = document["over_folds"]["intents: accuracy"]["mean"]
    assert mean == pytest.approx(sum(accuracies) / 2)
    # Parts of equal size: the accuracy over all messages is the mean of the folds'.
    assert document["intents"]["accuracy"] == pytest.approx(mean)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "standard deviation" in page
    kept = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    assert kept["folds"] == folds
    for figures in (document, kept):
        assert (figures["number_of_folds"], figures["seed"]) == (2, 4)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_keeps_the_finished_folds(
    start: Start, line: list[str | Path], tmp_path: Path, number: int
) -> None:
    with start("trainer", *line, "--folds", "3", "--epochs", "3") as process:
        for shown in process.stderr:
            if shown.startswith(b"fold 2 of 3: trains"):
                break
        process.send_signal(number)
        code, err = process.wait(), process.stderr.read().decode()

    assert code == 130
    assert "Kept: the report of the folds that finished, in " in err
    assert "Traceback" not in err
    kept = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    assert (kept["messages"], kept["finished_folds"]) == (4, 1)


@pytest.mark.slow
def test_a_fold_that_is_killed_leaves_no_temporary_folder(
    start: Start,
    line: list[str | Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with start("trainer", *line, "--folds", "2", "--epochs", "5000") as process:
        # The training has begun.
        while not list(temporary.rglob("onnlu-fit-*")):
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        err = process.stderr.read().decode()

    assert process.returncode == 130, err
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
def test_a_fold_that_fails_says_why_and_ends_with_its_exit_code(
    run: Run, line: list[str | Path], tmp_path: Path
) -> None:
    """Two examples of the one intent, one of the other: a training part with a single intent."""
    data = tmp_path / "nlu.yml"
    data.write_text(
        'version: "3.1"\nnlu:\n- intent: a\n  examples: |\n    - one\n    - two\n'
        "- intent: b\n  examples: |\n    - three\n",
        encoding="utf-8",
    )
    done = run("trainer", *line[:4], data, *line[5:], "--folds", "2", "--epochs", "1")
    assert done.code == 3
    assert "notice: fewer examples than folds" in done.err
    assert "error: DIETClassifier learns to tell intents apart" in done.err
    assert "error: The fold failed, as said above." in done.err


def test_problems_of_config_and_data_are_told_before_any_fold(
    run: Run, line: list[str | Path], tmp_path: Path
) -> None:
    config = tmp_path / "config.yml"
    config.write_text("recipe: default.v1\npipeline:\n- name: SpacyNLP\n", encoding="utf-8")
    done = run("trainer", *line[:2], config, *line[3:])
    assert done.code == 3
    assert f"{config}:3: " in done.err
    assert "fold 1" not in done.err
    assert not (tmp_path / "out").exists()


def test_too_many_folds_are_refused(run: Run, line: list[str | Path]) -> None:
    done = run("trainer", *line, "--folds", "9")
    assert done.code == 3
    assert "the largest has 6; add examples, or take fewer folds" in done.err
