"""`trainer fit --runner dask`, as users run it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from onnlu_engine.model_directory import open_model

from .commands import Run, fit_of, line_of


@pytest.mark.slow
def test_a_cluster_of_this_machine_trains_the_same_model(
    run: Run, tiny_project: Path, trained_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    done = run("trainer", *fit_of(tiny_project, out, "--runner", "dask"))
    assert done.code == 0, done.err
    assert open_model(out).model_id == open_model(trained_model).model_id
    assert "distributed" not in done.err
    assert done.out.startswith("Trained on cpu.")


@pytest.mark.slow
def test_ctrl_c_ends_a_fit_and_its_cluster(tiny_project: Path, tmp_path: Path) -> None:
    """It reaches every process of a terminal."""
    out = tmp_path / "model"
    arguments = fit_of(tiny_project, out, "--runner", "dask", "--epochs", "100000")
    line = line_of("trainer", *arguments)
    with subprocess.Popen(line, stderr=subprocess.PIPE, start_new_session=True) as process:
        assert process.stderr is not None
        said = process.stderr.readline().decode()  # the first node that took its time
        os.killpg(process.pid, signal.SIGINT)
        said += process.stderr.read().decode()
    assert process.returncode == 130
    assert "Traceback" not in said
    assert said.endswith(f"Nothing was written to {out}.\n\nInterrupted.\n")
    with pytest.raises(ProcessLookupError):
        while True:  # until no process is left of the group
            os.killpg(process.pid, 0)
            time.sleep(0.1)
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_is_named_for_a_cluster_only(
    run: Run, tiny_project: Path, tmp_path: Path
) -> None:
    options = ("--runner", "sequential", "--scheduler", "tcp://127.0.0.1:1")
    done = run("trainer", *fit_of(tiny_project, tmp_path / "model", *options))
    assert (done.code, done.out) == (2, "")
    assert "--scheduler names a cluster: leave it out, or take --runner dask." in done.err


def test_without_the_extra_the_pip_line_is_told(tiny_project: Path, tmp_path: Path) -> None:
    code = "import sys; sys.modules['distributed'] = None; from onnlu_train.cli import main; main()"
    arguments = fit_of(tiny_project, tmp_path / "model", "--runner", "dask")
    line = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(line, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: distributed cannot be imported: ")
    assert done.stderr.endswith("Run: pip install 'onnlu[dask]'\n")
