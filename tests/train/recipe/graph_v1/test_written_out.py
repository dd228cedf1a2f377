"""The graphs of a pipeline, written out as a config of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onnlu_train.components.diet_classifier import DIETClassifier
from onnlu_train.fit import Fit, FitOptions
from onnlu_train.recipe import graph_model_configuration, read_config
from onnlu_train.validation.validating import validate


def written_out(config: Path, folder: Path) -> Path:
    """Write the graphs of a config as a config of their own; JSON is YAML."""
    read_ = read_config(config)
    configuration = graph_model_configuration(read_)
    graphs = {
        "recipe": "graph.v1",
        "language": configuration.language,
        "nlu_target": configuration.nlu_target,
        "train_schema": configuration.train_schema.as_dict(),
        "predict_schema": configuration.predict_schema.as_dict(),
    }
    file = folder / "graphs.yml"
    file.write_text(json.dumps(graphs, indent=1), encoding="utf-8")
    return file


def contents(model: Path) -> dict[str, bytes]:
    folder = model / "components"
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.behaviour("2.7/11")
def test_the_graphs_of_a_pipeline_written_out_train_the_same_model(
    tiny_project: Path, trained_model: Path, tmp_path: Path
) -> None:
    data = tiny_project / "nlu.yml"
    config = written_out(tiny_project / "config.yml", tmp_path)
    out = tmp_path / "model"
    fit = Fit(FitOptions(config, [data], out, overrides={"epochs": 1}, device="cpu"))
    assert fit.notices == ("'epochs' is skipped: with graph.v1 it stands in the config of a node",)
    fit.run()
    assert contents(out) == contents(trained_model)
    ours, theirs = (
        json.loads((model / "manifest.json").read_text()) for model in (out, trained_model)
    )
    for key in ("train_schema", "predict_schema", "nlu_target", "labels", "sparse_feature_sizes"):
        assert ours[key] == theirs[key]


def test_the_options_of_every_node_are_validated(tmp_path: Path, tiny_project: Path) -> None:
    config = written_out(tiny_project / "config.yml", tmp_path)
    config.write_text(
        config.read_text().replace('"transformer_size": 16', '"transformer_size": 17', 1)
    )
    found = validate(config, [tiny_project / "nlu.yml"])
    (finding,) = [f for f in found.findings if "transformer_size" in f.message]
    assert not found.passes()
    lines = config.read_text().splitlines()
    assert '"train_DIETClassifier3": {' in lines[finding.line - 1]
    assert DIETClassifier.__name__ in [component.name for component in found.components]
