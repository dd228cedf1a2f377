"""Fits that are killed or interrupted: the model is the old one or the new one, and goes on."""

from __future__ import annotations

import json
import random
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine.model_directory import open_model
from onnlu_train.training.checkpoint import checkpoint_folder, read_state

Run = Callable[..., Any]
Start = Callable[..., "subprocess.Popen[bytes]"]


def fit(project: Path, out: Path, *more: str) -> list[str | Path]:
    config, data = project / "config.yml", project / "nlu.yml"
    every_step = ("--set", "train.checkpoint_every=0")
    return ["fit", "--config", config, "--data", data, "--out", out, *every_step, *more]


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_killed_fit_leaves_a_whole_model_and_goes_on(
    run: Run, start: Start, tiny_project: Path, trained_model: Path, tmp_path: Path, kills: int
) -> None:
    new, out = tmp_path / "new", tmp_path / "out" / "model"
    shutil.copytree(trained_model, out)
    moment = random.Random(kills)
    begin = time.monotonic()
    assert run("trainer", *fit(tiny_project, new, "--seed", "8")).code == 0
    duration = time.monotonic() - begin
    ids = {open_model(out).model_id, open_model(new).model_id}
    resumed = 0

    for _ in range(kills):
        resumed += checkpoint_folder(out).exists()
        command = fit(tiny_project, out, "--seed", "8", "--overwrite", "--resume")
        with start("trainer", *command) as process:
            try:
                process.wait(moment.uniform(0, duration))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        assert open_model(out).model_id in ids
        read_state(checkpoint_folder(out))

    done = run("trainer", *fit(tiny_project, out, "--seed", "8", "--overwrite", "--resume"))
    assert done.code == 0, done.err
    assert open_model(out).model_id == open_model(new).model_id
    assert left(out.parent) == {"model"}
    if kills == 20:
        assert resumed > 0


def wait_for(checkpoint: Path, process: subprocess.Popen[bytes]) -> None:
    while not checkpoint.exists():
        assert process.poll() is None
        time.sleep(0.05)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_an_interrupted_fit_says_what_was_kept_and_how_to_go_on(
    start: Start, tiny_project: Path, tmp_path: Path, number: int
) -> None:
    out = tmp_path / "a model"
    command = fit(tiny_project, out, "--epochs", "100000")

    with start("trainer", *command) as process:
        wait_for(checkpoint_folder(out), process)
        process.send_signal(number)
        _, err = process.communicate()

    lines = err.decode().splitlines()[-5:]  # behind ours: an empty line, "Interrupted."
    assert process.returncode == 130
    assert lines[0].startswith(f"Nothing was written to {out}. diet was interrupted after ")
    assert lines[0].endswith(" of 100000 epochs.")
    assert lines[1] == f"Kept: {out}.checkpoint"
    assert lines[2].startswith("Next: trainer fit --resume --config ")
    assert shlex.split(lines[2])[2:] == ["fit", "--resume", *map(str, command[1:])]
    assert left(tmp_path) == {"a model.checkpoint"}


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
    done = run("trainer", *fit(tiny_project, tmp_path / "model", "--set", setting))
    assert (done.code, done.out) == (2, "")
    assert f"'{setting}'" in done.err


@pytest.mark.slow
def test_settings_and_metrics_of_a_fit(run: Run, tiny_project: Path, tmp_path: Path) -> None:
    done = run(
        "trainer",
        *fit(tiny_project, tmp_path / "model", "--epochs", "2", "--json"),
        *("--validation-data", tiny_project / "nlu.yml"),
        *("--set", "train.learning_rate_schedule=linear"),
    )
    document = json.loads(done.out)
    metrics = document["metrics"]["train_DIETClassifier3"]
    assert document["validation_examples"] == 12
    assert 0 <= metrics["val_i_acc"] <= 1
    assert "validation intent accuracy" in done.err
    assert "learning rate 0.00" in done.err
