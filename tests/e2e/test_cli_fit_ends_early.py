"""Fits that are killed or interrupted: the model is the old one or the new one, and goes on."""

from __future__ import annotations

import random
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from onnlu_engine.model_directory import open_model
from onnlu_train.training.checkpoint import checkpoint_folder, read_state

from .commands import Run, Start, fit_of


def fit(project: Path, out: Path, *more: str) -> list[str | Path]:
    every_step = ("--set", "train.checkpoint_every=0")
    return fit_of(project, out, *every_step, *more)


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def wait_for(checkpoint: Path, process: subprocess.Popen[bytes]) -> None:
    while not checkpoint.exists():
        assert process.poll() is None
        time.sleep(0.05)


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
