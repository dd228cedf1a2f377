"""What the manifest of a trained model tells of its training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onnlu.training_data import TrainingData
from onnlu_train.recipe import graph_model_configuration, read_config
from onnlu_train.trained_model import manifest_of
from onnlu_train.training.keys import shaping_keys

CONFIG = """\
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: KeywordIntentClassifier
train:
  validation_data: /home/someone/dev.yml
  tensorboard: /home/someone/logs
"""


def manifest(folder: Path, config: str) -> dict[str, Any]:
    path = folder / "config.yml"
    path.write_text(config, encoding="utf-8")
    read = read_config(path)
    graphs = graph_model_configuration(read, {})
    return manifest_of(read, shaping_keys(read.train), graphs, TrainingData(), folder, {})


@pytest.mark.parametrize(
    ("more", "kept"), [("", None), ("  patience: 3\n", {"patience": 3})], ids=["none", "one"]
)
def test_only_what_shapes_a_model_is_kept_of_how_it_was_trained(
    tmp_path: Path, more: str, kept: dict[str, Any] | None
):
    config = manifest(tmp_path, CONFIG + more)["config"]
    assert config.get("train") == kept
    assert "someone" not in str(config)
    assert config["language"] == "en"


@pytest.mark.behaviour("1.9/1")
def test_the_manifest_tells_the_graphs_and_what_they_are_for(tmp_path: Path):
    path = tmp_path / "config.yml"
    path.write_text(CONFIG + "assistant_id: helper\n", encoding="utf-8")
    graphs = graph_model_configuration(read_config(path), {})
    told = manifest(tmp_path, path.read_text(encoding="utf-8"))
    assert told["train_schema"] == graphs.train_schema.as_dict()
    assert told["predict_schema"] == graphs.predict_schema.as_dict()
    assert (told["language"], told["assistant_id"]) == ("en", "helper")
    assert told["nlu_target"] == graphs.nlu_target == "run_RegexMessageHandler"


OWN = """
from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer


class Splitter(WhitespaceTokenizer):
    pass
"""
OWN_PIPELINE = """\
recipe: default.v1
language: en
pipeline:
- name: own_splitting.Splitter
- name: KeywordIntentClassifier
  case_sensitive: false
policies:
- name: bot.policies.Own
"""
OWN_GRAPHS = """\
recipe: graph.v1
language: en
nlu_target: split
importers:
- name: bot.importers.Own
train_schema:
  nodes:
    data: {needs: {importer: __importer__}, uses: NLUTrainingDataProvider,
           constructor_name: create, fn: provide, config: {}}
    split: {needs: {training_data: data}, uses: own_splitting.Splitter,
            constructor_name: create, fn: process_training_data, config: {}, is_target: true}
predict_schema:
  nodes:
    split: {needs: {messages: __message__}, uses: own_splitting.Splitter,
            constructor_name: load, fn: process, config: {}}
"""


@pytest.mark.parametrize("text", [OWN_PIPELINE, OWN_GRAPHS], ids=["pipeline", "graphs"])
def test_a_model_holds_no_path_of_a_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
):
    (tmp_path / "own_splitting.py").write_text(OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    told = manifest(tmp_path, text)
    document = json.dumps(told)
    assert "own_splitting" not in document
    assert "bot." not in document
    config = told["config"]
    if "pipeline" in config:
        assert config["pipeline"] == [
            {"name": "Splitter"},
            {"name": "KeywordIntentClassifier", "case_sensitive": False},
        ]
    else:
        assert config["predict_schema"]["nodes"]["split"]["uses"] == "Splitter"
        assert config["train_schema"]["nodes"]["data"]["uses"] == "NLUTrainingDataProvider"
