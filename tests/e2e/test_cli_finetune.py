"""`trainer fit --finetune`, from a trained model to the export of a better one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .commands import Run, line_of

MORE = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - howdy
    - howdy partner
- intent: fly
  examples: |
    - teleport me to [Ankara](city)
    - teleport to [Lima](city)
"""


@pytest.fixture
def more(tmp_path: Path) -> Path:
    file = tmp_path / "more.yml"
    file.write_text(MORE, encoding="utf-8")
    return file


def arguments(project: Path, more: Path, base: Path, out: Path) -> list[str | Path]:
    files = ["--config", project / "config.yml", "--data", project / "nlu.yml", more]
    return ["fit", *files, "--finetune", base, "--out", out]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_a_finetuned_model_passes_the_gate_and_answers_new_words(
    run: Run, tiny_project: Path, trained_model: Path, more: Path, tmp_path: Path
) -> None:
    tuned, exported = tmp_path / "tuned", tmp_path / "exported"

    done = run("trainer", *arguments(tiny_project, more, trained_model, tuned), "--json")
    export = run("exporter", "to-onnx", tuned, "--out", exported)
    info = json.loads(run("onnlu", "info", tuned, "--json").out)

    result, base = json.loads(done.out), json.loads((trained_model / "manifest.json").read_text())
    assert (done.code, export.code, run("onnlu", "verify", exported).code) == (0, 0, 0)
    assert result["finetuned_from"] == info["finetuned_from"] == base["model_id"]
    assert "finetuned from" in run("onnlu", "info", tuned).out
    text = "howdy partner"
    before = json.loads(run("trainer", "parse", trained_model, text).out)
    after = json.loads(run("onnlu", "parse", exported, text).out)
    assert after["intent"]["name"] == "greet"
    assert after["intent"]["confidence"] > before["intent"]["confidence"]


def test_new_labels_are_refused_by_name(
    run: Run, tiny_project: Path, trained_model: Path, more: Path, tmp_path: Path
) -> None:
    more.write_text(MORE.replace("- intent: greet", "- intent: refund"), encoding="utf-8")

    done = run("trainer", *arguments(tiny_project, more, trained_model, tmp_path / "tuned"))

    assert (done.code, done.out) == (3, "")
    assert "intents that the model does not know: refund" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["more.yml"]


def test_an_exported_model_is_refused(
    run: Run, tiny_project: Path, exported_model: Path, more: Path, tmp_path: Path
) -> None:
    done = run("trainer", *arguments(tiny_project, more, exported_model, tmp_path / "tuned"))

    assert (done.code, done.out) == (5, "")
    assert "is an exported model, which cannot be trained further" in done.err


@pytest.mark.slow
def test_one_that_is_killed_leaves_the_model_that_it_was_to_replace(
    tiny_project: Path, trained_model: Path, more: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(trained_model, model)
    before = contents(model)
    options = ["--overwrite", "--epochs", "100000", "--set", "train.checkpoint_every=0"]
    line = line_of("trainer", *arguments(tiny_project, more, model, model), *options)
    temporary = {**os.environ, "TMPDIR": str(tmp_path)}

    with subprocess.Popen(line, stderr=subprocess.PIPE, env=temporary) as process:
        assert process.stderr
        assert b"goes on from" in process.stderr.readline()
        assert b"diet: epoch" in process.stderr.readline()  # it is being trained
        process.kill()

    assert contents(model) == before
