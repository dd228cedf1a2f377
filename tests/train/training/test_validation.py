"""Validation: the metrics are those that a service would get (behaviour.md 3.9)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from onnlu_engine.errors import InvalidDataException
from onnlu_train.fit import Fit, FitOptions
from onnlu_train.loading import load
from onnlu_train.training import TrainingCallback
from onnlu_train.training.validation import micro_f1

CONFIG = """\
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: DIETClassifier
  batch_size: 4
  transformer_size: 16
  number_of_attention_heads: 2
  number_of_transformer_layers: 1
  epochs: 12
  learning_rate: 0.01
  random_seed: 5
"""
TRAIN = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
    - good morning
    - good evening
- intent: travel
  examples: |
    - go to [oslo](city)
    - leave [rome](city) now
    - fly to [rome](city)
    - fly me to [oslo](city)
"""
# The third is misunderstood at most times, the last intent is not known at all.
DEV = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - good afternoon
    - hello there
    - go now
- intent: travel
  examples: |
    - fly to [oslo](city)
    - leave [lima](city)
- intent: thank
  examples: |
    - thanks a lot hello
"""


@given(st.lists(st.tuples(*[st.sets(st.integers(0, 5), max_size=4)] * 2), min_size=1, max_size=5))
def test_f1_is_that_of_scikit_learn(texts: list[tuple[set[int], set[int]]]):
    found = [{(number,) for number in one} for one, _ in texts]
    wanted = [{(number,) for number in other} for _, other in texts]
    binarizer = MultiLabelBinarizer(classes=range(6)).fit([range(6)])
    expected = f1_score(
        binarizer.transform([other for _, other in texts]),
        binarizer.transform([one for one, _ in texts]),
        average="micro",
        zero_division=1.0,
    )
    assert micro_f1(found, wanted) == pytest.approx(expected)


class Epochs(TrainingCallback):
    def __init__(self) -> None:
        self.metrics: dict[int, dict[str, float]] = {}

    def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        self.metrics[epoch] = dict(metrics)

    def validated(self) -> list[int]:
        return [epoch for epoch, metrics in self.metrics.items() if "val_loss" in metrics]


def fit(
    folder: Path, config: str = CONFIG, **overrides: Any
) -> tuple[dict[str, float], Epochs, Fit]:
    (folder / "config.yml").write_text(config)
    (folder / "nlu.yml").write_text(TRAIN)
    (folder / "dev.yml").write_text(DEV)
    options = FitOptions(
        folder / "config.yml", [folder / "nlu.yml"], folder / "model", overrides, "cpu"
    )
    made, epochs = Fit(options), Epochs()
    (metrics,) = made.run([epochs]).metrics.values()
    return metrics, epochs, made


@pytest.fixture(scope="module")
def on_a_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, float], Epochs, Path]:
    folder = tmp_path_factory.mktemp("validated")
    metrics, epochs, _ = fit(
        folder, validation_data=str(folder / "dev.yml"), evaluate_every=5, batch_size=3
    )
    return metrics, epochs, folder


def test_metrics_are_what_parsing_gives(on_a_file: tuple[dict[str, float], Epochs, Path]):
    metrics, _, folder = on_a_file
    nlu = load(folder / "model")
    wanted = [
        ("good afternoon", "greet", []),
        ("hello there", "greet", []),
        ("go now", "greet", []),
        ("fly to oslo", "travel", [(7, 11, "city")]),
        ("leave lima", "travel", [(6, 10, "city")]),
        ("thanks a lot hello", "thank", []),
    ]
    right, found, hits = 0, 0, 0
    for text, intent, entities in wanted:
        result = nlu.parse(text).to_dict()
        right += result["intent"]["name"] == intent
        predicted = [(e["start"], e["end"], e["entity"]) for e in result["entities"]]
        found += len(predicted)
        hits += len(set(predicted) & set(entities))
    assert 0 < right < 6
    assert metrics["val_i_acc"] == pytest.approx(right / 6)
    assert metrics["val_e_f1"] == pytest.approx(2 * hits / (found + 2))
    assert metrics["val_score"] == pytest.approx((metrics["val_i_acc"] + metrics["val_e_f1"]) / 2)
    assert metrics["val_loss"] == pytest.approx(
        metrics["val_i_loss"] + metrics["val_e_loss"], rel=1e-5
    )


def test_it_is_validated_every_so_many_epochs_and_at_the_end(
    on_a_file: tuple[dict[str, float], Epochs, Path],
):
    assert on_a_file[1].validated() == [5, 10, 12]


def test_nothing_is_learnt_from_validation_data(on_a_file: tuple[dict[str, float], Epochs, Path]):
    manifest = (on_a_file[2] / "model" / "manifest.json").read_text(encoding="utf-8")
    components = "".join(
        path.read_text(encoding="utf-8")
        for path in (on_a_file[2] / "model" / "components").rglob("*.json")
    )
    for word in ("afternoon", "lima", "thank"):
        assert word not in components
    assert json.loads(manifest)["labels"]["intents"] == ["greet", "travel"]
    assert "dev.yml" not in manifest
    assert json.loads(manifest)["config"]["train"] == {"evaluate_every": 5, "batch_size": 3}


@pytest.mark.slow
def test_a_part_of_the_training_data_can_be_held_out(tmp_path: Path):
    metrics, epochs, made = fit(tmp_path, validation_split=0.25, epochs=2, restore_best=True)
    assert len(made.data.examples) == 6
    assert epochs.validated() == [1, 2]
    assert metrics in epochs.metrics.values()
    texts = json.loads((tmp_path / "model/samples/texts.json").read_text(encoding="utf-8"))
    assert len(texts) == 6


@pytest.mark.slow
def test_the_options_of_rasa_work(tmp_path: Path):
    own = (
        "  evaluate_on_number_of_examples: 2\n  evaluate_every_number_of_epochs: 2\n"
        f"  checkpoint_model: true\n  tensorboard_log_directory: {tmp_path / 'logs'}\n"
        "  tensorboard_log_level: batch\n"
    )
    metrics, epochs, _ = fit(tmp_path, CONFIG + own, epochs=5)
    assert epochs.validated() == [2, 4, 5]
    best = max(epochs.validated(), key=lambda epoch: epochs.metrics[epoch]["val_score"])
    assert metrics == epochs.metrics[best]
    assert len(list((tmp_path / "logs").rglob("events.out.tfevents.*"))) == 1


@pytest.mark.slow
def test_more_held_out_than_trained_on_is_an_error(tmp_path: Path):
    own = "  evaluate_on_number_of_examples: 5\n"
    with pytest.raises(InvalidDataException, match="more than half of the 8 examples"):
        fit(tmp_path, CONFIG + own)
