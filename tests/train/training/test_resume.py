"""A fit that was interrupted goes on where it was, to the same bytes."""

from __future__ import annotations

import json
import resource
import shutil
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine.errors import CorruptModelException, InvalidConfigException, ModelWriteException
from onnlu_train.fit import Fit, FitOptions
from onnlu_train.training import TrainingCallback, TrainingRun, TrainingSummary
from onnlu_train.training.interruption import TrainingInterrupted

CONFIG = """\
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: DIETClassifier
  batch_size: [2, 4]
  transformer_size: 8
  number_of_attention_heads: 2
  number_of_transformer_layers: 1
  drop_rate_attention: 0.1
  epochs: 4
train:
  learning_rate_schedule: cosine
  validation_split: 0.3
  restore_best: true
"""
DATA = """\
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
STEPS = 10  # of the whole training


class Recorder(TrainingCallback):
    """Notes what it is told, and presses Ctrl-C after some step."""

    wants_steps = True

    def __init__(self, interrupt_after: int | None = None, number: int = signal.SIGINT) -> None:
        self.interrupt_after, self.number = interrupt_after, number
        self.begun: list[TrainingRun] = []
        self.steps: list[tuple[int, dict[str, float]]] = []
        self.epochs: list[tuple[int, dict[str, float]]] = []
        self.ended: list[TrainingSummary] = []

    def begin(self, run: TrainingRun) -> None:
        self.begun.append(run)

    def end_of_step(self, step: int, metrics: Mapping[str, float]) -> None:
        self.steps.append((step, dict(metrics)))
        if step == self.interrupt_after:
            signal.raise_signal(self.number)

    def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        self.epochs.append((epoch, dict(metrics)))

    def end(self, summary: TrainingSummary) -> None:
        self.ended.append(summary)


def options(folder: Path, **changed: Any) -> FitOptions:
    config, data = folder / "config.yml", folder / "nlu.yml"
    if not config.exists():
        config.write_text(CONFIG)
        data.write_text(DATA)
    chosen: dict[str, Any] = {"overrides": {"random_seed": 7}, "device": "cpu", **changed}
    return FitOptions(config, [data], folder / "model", **chosen)


def interrupted(folder: Path, after: int, **changed: Any) -> TrainingInterrupted:
    with pytest.raises(TrainingInterrupted) as caught:
        Fit(options(folder, **changed)).run([Recorder(after)])
    return caught.value


def resumed(folder: Path, **changed: Any) -> Recorder:
    recorder = Recorder()
    Fit(options(folder, resume=True, **changed)).run([recorder])
    return recorder


def copied(stopped: Path, folder: Path) -> Path:
    shutil.copytree(stopped, folder, dirs_exist_ok=True)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    root = folder / "model"
    return {
        str(p.relative_to(root)): p.read_bytes()
        for p in root.rglob("*")
        if p.is_file() and p.name != "manifest.json"
    }


def model_id(folder: Path) -> str:
    return str(json.loads((folder / "model" / "manifest.json").read_text())["model_id"])


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recorder]:
    """A fit that nothing interrupts."""
    folder, recorder = tmp_path_factory.mktemp("whole"), Recorder()
    Fit(options(folder)).run([recorder])
    return folder, recorder


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fit that was interrupted within its second epoch; not to be changed."""
    folder = tmp_path_factory.mktemp("stopped")
    interruption = interrupted(folder, 5)
    assert interruption.checkpoint == folder / "model.checkpoint"
    assert left(folder) == {"config.yml", "nlu.yml", "model.checkpoint"}
    assert (interruption.model, interruption.epoch, interruption.epochs) == ("diet", 1, 4)
    return folder


def test_a_resumed_fit_gives_the_same_bytes(
    tmp_path: Path, whole: tuple[Path, Recorder], stopped: Path
):
    folder, recorder = whole
    assert [step for step, _ in recorder.steps] == list(range(1, STEPS + 1))

    rest = resumed(copied(stopped, tmp_path))

    assert contents(tmp_path) == contents(folder)
    assert model_id(tmp_path) == model_id(folder)
    assert rest.begun[0].epochs_done == 1
    assert rest.steps == recorder.steps[5:]
    assert rest.epochs == recorder.epochs[1:]
    assert rest.ended == recorder.ended
    assert left(tmp_path) == {"config.yml", "nlu.yml", "model"}


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 2, 3, 4, 6, 8, STEPS])
def test_it_does_so_after_any_step(tmp_path: Path, whole: tuple[Path, Recorder], after: int):
    folder, recorder = whole
    interrupted(tmp_path, after)
    rest = resumed(tmp_path)
    assert contents(tmp_path) == contents(folder)
    assert rest.steps == recorder.steps[after:]
    assert rest.epochs == recorder.epochs[-len(rest.epochs) :]
    assert rest.ended == recorder.ended


@pytest.mark.slow
def test_a_fit_can_be_interrupted_again_and_again(tmp_path: Path, whole: tuple[Path, Recorder]):
    interrupted(tmp_path, 2)
    for after in (4, 7):
        recorder = Recorder(after, signal.SIGTERM)
        with pytest.raises(TrainingInterrupted):
            Fit(options(tmp_path, resume=True)).run([recorder])
        assert recorder.ended[-1].interrupted
    resumed(tmp_path)
    assert contents(tmp_path) == contents(whole[0])


@pytest.mark.slow
def test_a_drawn_seed_outlives_the_interruption(tmp_path: Path):
    interrupted(tmp_path, 4, overrides={})
    state = json.loads((tmp_path / "model.checkpoint/checkpoint.json").read_text())
    resumed(tmp_path, overrides={})
    (description,) = (tmp_path / "model").glob("components/*/model.json")
    seed = json.loads(description.read_text())["config"]["random_seed"]
    assert state["seeds"] == {"train_DIETClassifier2": seed}


@pytest.mark.slow
def test_a_finished_classifier_is_not_trained_again(tmp_path: Path):
    two = CONFIG.replace(
        "train:",
        "- name: DIETClassifier\n  transformer_size: 8\n  epochs: 2\n"
        "  entity_recognition: false\n  batch_size: 4\ntrain:",
    )
    options(tmp_path)
    (tmp_path / "config.yml").write_text(two)

    class InSecond(Recorder):
        def end_of_step(self, step: int, metrics: Mapping[str, float]) -> None:
            super().end_of_step(step + 100 * (len(self.begun) - 1), metrics)

    with pytest.raises(TrainingInterrupted):
        Fit(options(tmp_path)).run([InSecond(interrupt_after=102)])
    recorder = resumed(tmp_path)
    assert [run.node for run in recorder.begun] == ["train_DIETClassifier3"]
    assert len(list((tmp_path / "model").glob("components/*/model.json"))) == 2


def test_a_fit_that_has_changed_is_not_gone_on_with(tmp_path: Path, stopped: Path):
    copied(stopped, tmp_path)
    (tmp_path / "nlu.yml").write_text(DATA.replace("    - hello\n", ""))
    changed = {"random_seed": 7, "epochs": 9, "learning_rate_schedule": "linear"}

    with pytest.raises(InvalidConfigException) as caught:
        Fit(options(tmp_path, resume=True, overrides=changed))

    message = str(caught.value)
    assert "run_DIETClassifier2.epochs: was 4, is 9" in message
    assert 'train.learning_rate_schedule: was "cosine", is "linear"' in message
    assert "examples of 'greet'" in message
    assert "examples of 'travel'" not in message
    assert "leave out --resume" in message
    assert (tmp_path / "model.checkpoint").is_dir()


@pytest.mark.slow
def test_a_fit_does_not_go_on_with_other_word_vectors(tmp_path: Path):
    options(tmp_path)
    vectors = tmp_path / "vectors.vec"
    vectors.write_text("hello 1 2\n")
    item = f"- name: WordVectorsFeaturizer\n  file: {vectors}\n- name: DIETClassifier"
    (tmp_path / "config.yml").write_text(CONFIG.replace("- name: DIETClassifier", item))
    interrupted(tmp_path, 2)
    vectors.write_text("hello 1 3\n")
    with pytest.raises(InvalidConfigException, match="files of run_WordVectorsFeaturizer2: was"):
        Fit(options(tmp_path, resume=True))


@pytest.mark.slow
def test_what_only_watches_a_training_may_change(
    tmp_path: Path, whole: tuple[Path, Recorder], stopped: Path
):
    copied(stopped, tmp_path)
    resumed(
        tmp_path,
        overrides={"random_seed": 7, "tensorboard": str(tmp_path / "logs"), "checkpoint_every": 0},
    )
    assert contents(tmp_path) == contents(whole[0])
    assert model_id(tmp_path) == model_id(whole[0])


def test_without_a_checkpoint_a_fit_starts_from_the_beginning(tmp_path: Path):
    fit = Fit(options(tmp_path, resume=True))
    assert any("there is no checkpoint" in notice for notice in fit.notices)


@pytest.mark.slow
def test_another_fit_leaves_a_checkpoint_until_it_has_its_own(tmp_path: Path, stopped: Path):
    copied(stopped, tmp_path)
    before = (tmp_path / "model.checkpoint/checkpoint.json").read_bytes()

    again = Fit(options(tmp_path))
    assert any("Pass --resume to go on from it" in notice for notice in again.notices)
    with pytest.raises(TrainingInterrupted) as caught:
        again.run([Recorder(1)])

    assert caught.value.checkpoint is None
    assert again.kept is None
    assert (tmp_path / "model.checkpoint/checkpoint.json").read_bytes() == before


def test_a_fit_that_needed_no_checkpoint_leaves_that_of_another(tmp_path: Path, stopped: Path):
    copied(stopped, tmp_path)
    before = (tmp_path / "model.checkpoint/checkpoint.json").read_bytes()
    Fit(options(tmp_path, overrides={"random_seed": 8, "epochs": 1})).run()
    assert (tmp_path / "model.checkpoint/checkpoint.json").read_bytes() == before
    assert left(tmp_path) == {"config.yml", "nlu.yml", "model", "model.checkpoint"}


def test_a_fit_knows_what_it_can_go_on_from(tmp_path: Path, stopped: Path):
    copied(stopped, tmp_path)
    assert Fit(options(tmp_path)).kept is None
    fit = Fit(options(tmp_path, resume=True))
    assert fit.kept == tmp_path / "model.checkpoint"
    fit.run()
    assert fit.kept is None


def test_a_checkpoint_that_is_broken_is_named(tmp_path: Path, stopped: Path):
    copied(stopped, tmp_path)
    arrays = tmp_path / "model.checkpoint/arrays.safetensors"
    arrays.write_bytes(arrays.read_bytes()[:100])
    with pytest.raises(CorruptModelException, match=r"model\.checkpoint"):
        resumed(tmp_path)
    (tmp_path / "model.checkpoint/checkpoint.json").write_text("{")
    with pytest.raises(CorruptModelException, match=r"model\.checkpoint"):
        Fit(options(tmp_path, resume=True))


@pytest.mark.parametrize("is_file", [True, False])
def test_what_is_no_checkpoint_is_not_replaced(tmp_path: Path, is_file: bool):
    mine = tmp_path / "model.checkpoint"
    if is_file:
        mine.write_text("mine")
    else:
        mine.mkdir()
        (mine / "notes").write_text("mine")
    with pytest.raises(ModelWriteException, match=r"model\.checkpoint is no checkpoint"):
        Fit(options(tmp_path))


@pytest.mark.slow
def test_a_disk_that_is_full_does_not_end_a_training(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, whole: tuple[Path, Recorder]
):
    """No file can grow beyond a limit while the fourth to the seventh step want a checkpoint."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    class FullDisk(Recorder):
        def end_of_step(self, step: int, metrics: Mapping[str, float]) -> None:
            limit = 20_000 if 4 <= step <= 7 else hard
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))

    Fit(options(tmp_path, overrides={"random_seed": 7, "checkpoint_every": 0})).run([FullDisk()])
    assert caplog.text.count("No checkpoint could be written") >= 4
    assert contents(tmp_path) == contents(whole[0])
    assert left(tmp_path) == {"config.yml", "nlu.yml", "model"}


@pytest.mark.slow
def test_a_fit_in_another_thread_leaves_signals_alone(tmp_path: Path):
    before = signal.getsignal(signal.SIGINT)
    done: list[str] = []
    thread = threading.Thread(
        target=lambda: done.append(Fit(options(tmp_path, overrides={"epochs": 1})).run().model_id)
    )
    thread.start()
    thread.join()
    assert done
    assert signal.getsignal(signal.SIGINT) is before
