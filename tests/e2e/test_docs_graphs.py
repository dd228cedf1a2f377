"""What docs/graphs.md shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from onnlu_train.recipe import check_graphs, graph_model_configuration, read_config

from .commands import Run

PAGE = (Path(__file__).parents[2] / "docs" / "graphs.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_config_is_drawn_as_it_is_shown(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text(block("yaml"), encoding="utf-8")
    check_graphs(graph_model_configuration(read_config(config)))
    assert run("trainer", "graph", config, "--graph", "train").out == block("mermaid")


def test_the_commands_run(
    run: Run, tiny_project: Path, trained_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "tensorflow").symlink_to(trained_model)
    (tmp_path / "config.yml").symlink_to(tiny_project / "config.yml")
    for line in block("sh").splitlines():
        words = line.partition(" > ")[0].split()
        done = run(*words, cwd=tmp_path)
        assert done.code == 0, done.err
    assert (tmp_path / "graph.svg").is_file()


@pytest.mark.slow
@pytest.mark.behaviour("2.7/11")
def test_the_config_trains_exports_and_serves(run: Run, tiny_project: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text(block("yaml"), encoding="utf-8")
    data = ("--config", "config.yml", "--data", tiny_project / "nlu.yml")
    for words in (
        ("trainer", "validate", *data),
        ("trainer", "fit", *data, "--out", "trained"),
        ("trainer", "parse", "trained", "good morning"),
        ("exporter", "to-onnx", "trained", "--out", "exported"),
    ):
        done = run(*words, cwd=tmp_path)
        assert done.code == 0, done.out + done.err
    more = ("--out", "tuned", "--finetune", "trained", "--epochs", "1")
    tuned = run("trainer", "fit", *data, *more, cwd=tmp_path)
    assert tuned.code == 0, tuned.err
    assert "notice: 'epochs' is skipped: with graph.v1 it stands in the config of a node" in (
        tuned.err
    )
    assert f"goes on from {tmp_path.resolve()}/trained" in tuned.err
    parsed = json.loads(run("onnlu", "parse", "exported", "good morning", cwd=tmp_path).out)
    assert parsed["intent"]["name"] == "greet"
