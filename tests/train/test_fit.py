"""A training from files to a model directory (design.md 5, 7)."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from onnlu.errors import DeviceUnavailableException
from onnlu_engine.errors import (
    InvalidConfigException,
    InvalidDataException,
    ModelWriteException,
)
from onnlu_engine.model_directory import open_model
from onnlu_train.fit import Fit, FitOptions
from onnlu_train.loading import load
from onnlu_train.training import TrainingCallback, TrainingRun

CONFIG = """\
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: DIETClassifier
  epochs: 1
  batch_size: 8
  random_seed: {seed}
  transformer_size: 8
  number_of_attention_heads: 2
  number_of_transformer_layers: 1
  dense_dimension: {{text: 8, label: 4}}
  embedding_dimension: 4
"""
DATA = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
    - hello
- intent: travel
  examples: |
    - go to [oslo](city)
    - leave [rome](city)
"""


def options(folder: Path, *, seed: Any = 7, data: str = DATA, **changed: Any) -> FitOptions:
    (folder / "config.yml").write_text(CONFIG.format(seed=seed))
    (folder / "nlu.yml").write_text(data)
    chosen = {"out": folder / "model", "device": "cpu", **changed}
    return FitOptions(folder / "config.yml", [folder / "nlu.yml"], **chosen)


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("fit")
    Fit(options(made)).run()
    return made


def test_every_wrong_option_is_found_before_the_training(tmp_path: Path):
    wrong = options(tmp_path)
    config = CONFIG.format(seed=7).replace("epochs: 1", "epochs: 0\n  drop_rate: 2")
    (tmp_path / "config.yml").write_text(
        config.replace("Featurizer\n", "Featurizer\n  min_ngram: 0\n")
    )
    with pytest.raises(InvalidConfigException) as raised:
        Fit(wrong)
    for option in ("epochs", "drop_rate", "min_ngram"):
        assert option in str(raised.value)


def test_a_model_directory_holds_what_the_manifest_names(folder: Path):
    model = open_model(folder / "model")
    files = {p.relative_to(model.path).as_posix() for p in model.path.rglob("*") if p.is_file()}
    assert files == {*model.manifest["files"], "manifest.json"}
    suffixes = {path.rsplit(".", 1)[1] for path in files}
    assert suffixes == {"json", "safetensors"}
    assert any(path.endswith("weights.safetensors") for path in files)


@pytest.mark.behaviour("2.2/11")
def test_the_manifest_says_how_the_model_came_about(folder: Path):
    manifest = open_model(folder / "model").manifest
    assert manifest["kind"] == "tensorflow"
    assert manifest["language"] == "en"
    assert manifest["labels"]["intents"] == ["greet", "travel"]
    assert manifest["labels"]["entities"] == ["city"]
    assert manifest["versions"]["tensorflow"] == tf.__version__
    assert manifest["config"]["pipeline"][2]["epochs"] == 1
    assert {"train_schema", "predict_schema", "nlu_target"} <= manifest.keys()


def test_nothing_names_the_machine_or_a_class(folder: Path):
    text = (folder / "model" / "manifest.json").read_text(encoding="utf-8")
    assert str(folder) not in text
    assert "onnlu_train." not in text


def test_the_training_texts_travel_with_the_model(folder: Path):
    texts = json.loads((folder / "model/samples/texts.json").read_text(encoding="utf-8"))
    assert texts == ["go to oslo", "hello", "hi there", "leave rome"]


@pytest.mark.behaviour("2.2/12")
def test_the_model_can_be_loaded_and_parses(folder: Path):
    result = load(folder / "model").parse("go to oslo").to_dict()
    assert result["intent"]["name"] in ("greet", "travel")
    assert result["text"] == "go to oslo"


def test_examples_and_duplicates_are_counted(tmp_path: Path):
    result = Fit(options(tmp_path)).run()
    assert (result.examples, result.duplicates, result.device) == (4, 1, "cpu")
    assert result.model_id == open_model(tmp_path / "model").model_id


def test_overrides_go_before_the_config(tmp_path: Path):
    epochs: list[int] = []

    class Epochs(TrainingCallback):
        def begin(self, run: TrainingRun) -> None:
            epochs.append(run.options.epochs)

        def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
            epochs.append(epoch)

    Fit(options(tmp_path, overrides={"epochs": 2})).run([Epochs()])
    assert epochs == [2, 1, 2]


# design.md 8: `random_seed: null` draws a seed once and records it.
def test_a_seed_that_was_drawn_is_recorded(tmp_path: Path):
    Fit(options(tmp_path, seed="null")).run()
    (description,) = (tmp_path / "model").glob("components/*/model.json")
    seed = json.loads(description.read_text(encoding="utf-8"))["config"]["random_seed"]
    assert isinstance(seed, int)
    again = tmp_path / "again"
    again.mkdir()
    Fit(options(again, seed=seed)).run()
    weights = [next(m.glob("model/components/*/weights.safetensors")) for m in (tmp_path, again)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_an_existing_target_is_refused_and_kept(folder: Path):
    before = (folder / "model" / "manifest.json").read_bytes()
    with pytest.raises(ModelWriteException):
        Fit(options(folder))
    assert (folder / "model" / "manifest.json").read_bytes() == before


def test_an_existing_model_is_replaced_on_request(tmp_path: Path):
    first = Fit(options(tmp_path, seed=1)).run()
    second = Fit(options(tmp_path, seed=2, overwrite=True)).run()
    assert first.model_id != second.model_id
    assert open_model(tmp_path / "model").model_id == second.model_id
    assert left(tmp_path) == {"config.yml", "nlu.yml", "model"}


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="there is a GPU here")
@pytest.mark.parametrize("device", ["gpu", "gpu:1"])
def test_a_gpu_that_is_not_there_is_an_error(tmp_path: Path, device: str):
    with pytest.raises(DeviceUnavailableException, match="--device cpu") as caught:
        Fit(options(tmp_path, device=device))
    assert caught.value.exit_code == 6
    assert left(tmp_path) == {"config.yml", "nlu.yml"}


@pytest.mark.parametrize("device", ["tpu", "gpu:one", "cpu:0", ""])
def test_a_device_that_does_not_exist_is_named(tmp_path: Path, device: str):
    with pytest.raises(InvalidConfigException, match="device"):
        Fit(options(tmp_path, device=device))


def test_problems_of_config_and_data_are_reported_together(tmp_path: Path):
    made = options(tmp_path, data="nlu: 5\n")
    made.config.write_text("pipelin: []\n")
    with pytest.raises(InvalidConfigException) as caught:
        Fit(made)
    assert "pipelin" in str(caught.value)
    assert "nlu.yml" in str(caught.value)


def test_problems_of_data_alone_are_problems_of_data(tmp_path: Path):
    with pytest.raises(InvalidDataException):
        Fit(options(tmp_path, data="nlu: 5\n"))


@pytest.mark.parametrize(
    "data",
    [
        'version: "3.1"\nnlu:\n- intent: only\n  examples: |\n    - one\n    - two\n',
        'version: "3.1"\nnlu:\n- regex: zip\n  examples: |\n    - [0-9]+\n',
    ],
    ids=["one intent", "nothing to learn"],
)
def test_data_that_cannot_be_learnt_leave_nothing(tmp_path: Path, data: str):
    with pytest.raises(InvalidDataException) as caught:
        Fit(options(tmp_path, data=data)).run()
    assert caught.value.exit_code == 3
    assert left(tmp_path) == {"config.yml", "nlu.yml"}


def test_a_fit_that_runs_again_gives_the_same_model(tmp_path: Path):
    fit = Fit(options(tmp_path, overwrite=True))
    first = fit.run()
    assert fit.run().model_id == first.model_id


def test_entities_that_miss_the_tokens_are_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    data = DATA.replace("[rome](city)", "[ro](city)me")
    with caplog.at_level(logging.WARNING):
        Fit(options(tmp_path, data=data)).run()
    assert "'ro'" in caplog.text
