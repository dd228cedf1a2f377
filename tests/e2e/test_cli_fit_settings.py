"""`trainer fit --set`, and what the settings of a training change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .commands import Run, fit_of


def test_wrong_settings_are_told_at_once(run: Run, tiny_project: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    text = (tiny_project / "config.yml").read_text(encoding="utf-8")
    config.write_text(f"{text}train:\n  epochs: 3\n  warm_up: 0.1\n", encoding="utf-8")

    done = run(
        "trainer", "fit", "--config", config, "--data", tiny_project / "none.yml",
        "--out", tmp_path / "model", "--set", "train.patience=soon", "--set", "train.monitr=x",
    )  # fmt: skip

    assert (done.code, done.out) == (3, "")
    lines = done.err.splitlines()
    assert "'train.patience' must be a whole number of at least 1, or null" in lines[0]
    assert lines[1] == "unknown key 'train.monitr'. Did you mean 'monitor'?"
    assert lines[2].endswith("unknown key 'train.warm_up'. Did you mean 'warmup'?")
    assert "none.yml" in lines[3]


@pytest.mark.parametrize("setting", ["epochs=3", "train.epochs", "train.=3", "train.epochs=[", ""])
def test_a_setting_that_is_none_is_wrong_usage(
    run: Run, tiny_project: Path, tmp_path: Path, setting: str
) -> None:
    done = run("trainer", *fit_of(tiny_project, tmp_path / "model", "--set", setting))
    assert (done.code, done.out) == (2, "")
    assert f"'{setting}'" in done.err


@pytest.mark.slow
def test_settings_and_metrics_of_a_fit(run: Run, tiny_project: Path, tmp_path: Path) -> None:
    done = run(
        "trainer",
        *fit_of(tiny_project, tmp_path / "model", "--epochs", "2", "--json"),
        *("--validation-data", tiny_project / "nlu.yml"),
        *("--set", "train.learning_rate_schedule=linear"),
    )
    document = json.loads(done.out)
    metrics = document["metrics"]["train_DIETClassifier3"]
    assert document["validation_examples"] == 12
    assert 0 <= metrics["val_i_acc"] <= 1
    assert "validation intent accuracy" in done.err
    assert "learning rate 0.00" in done.err
