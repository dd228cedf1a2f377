"""What the manifest of a trained model tells of its training."""

from __future__ import annotations

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
