"""What of a fit runs when it is run again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine.model_directory import open_model
from onnlu_engine.training import Action, LocalTrainingCache
from onnlu_train.evaluation.fold import FoldJob
from onnlu_train.fit import Fit, FitOptions, FitResult
from onnlu_train.training import TrainingCallback
from onnlu_train.training.interruption import TrainingInterrupted

CONFIG = """\
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: WordVectorsFeaturizer
  file: vectors.txt
- name: CountVectorsFeaturizer
- name: DIETClassifier
  epochs: 1
  random_seed: 7
  transformer_size: 8
  number_of_attention_heads: 2
  number_of_transformer_layers: 1
  dense_dimension: {text: 8, label: 4}
  embedding_dimension: 4
  constrain_similarities: true
- name: EntitySynonymMapper
- name: ResponseSelector
  epochs: 1
  random_seed: 7
  hidden_layers_sizes: {text: [8], label: [8]}
  dense_dimension: {text: 8, label: 8}
  embedding_dimension: 4
  constrain_similarities: true
"""
DATA = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hello there
- intent: travel
  examples: |
    - go to [oslo](city)
    - leave [rome](city)
- intent: faq/name
  examples: |
    - who are you
    - your name
- intent: faq/weather
  examples: |
    - is it warm
    - weather there
responses:
  utter_faq/name:
  - text: I am a program.
  utter_faq/weather:
  - text: It is warm.
"""
VECTORS = "hello 1 0\noslo 0 1\nthere 0.5 0.5\n"

CHEAP = [
    "nlu_training_data_provider",
    "run_WhitespaceTokenizer0",
    "run_WordVectorsFeaturizer1",
    "train_CountVectorsFeaturizer2",
    "run_CountVectorsFeaturizer2",
]
VECTORS_NODE = "train_WordVectorsFeaturizer1"
DIET = "train_DIETClassifier3"
MAPPER = "train_EntitySynonymMapper4"
SELECTOR = "train_ResponseSelector5"
TRAINED = {VECTORS_NODE, "train_CountVectorsFeaturizer2", DIET, MAPPER, SELECTOR}
NEW_RESPONSE = DATA.replace("I am a program.", "I am it.")
NEW_UTTERANCE = DATA.replace("- hello there", "- there there")


class Project:
    """Files of a project, and a cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = LocalTrainingCache(folder / "cache", 100)
        self.models = 0

    def options(
        self,
        data: str = DATA,
        config: str = CONFIG,
        vectors: str = VECTORS,
        **changes: Any,
    ) -> FitOptions:
        self.models += 1
        place = self.folder / "vectors.txt"
        place.write_text(vectors)
        (self.folder / "config.yml").write_text(config.replace("vectors.txt", str(place)))
        (self.folder / "nlu.yml").write_text(data)
        chosen = {"out": self.folder / f"model{self.models}", "device": "cpu", "cache": self.cache}
        paths = self.folder / "config.yml", [self.folder / "nlu.yml"]
        return FitOptions(*paths, **{**chosen, **changes})

    def fit(self, **changes: Any) -> FitResult:
        return Fit(self.options(**changes)).run()

    def why(self, **changes: Any) -> dict[str, tuple[str, ...]]:
        """Return why nodes run, in a fit with these changes."""
        plan = Fit(self.options(**changes)).plan()
        return {name: plan.nodes[name].why for name in plan.having(Action.RUNS)}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that was fitted once."""
    made = Project(tmp_path_factory.mktemp("project"))
    assert made.fit().restored == []
    return made


def test_where_nothing_changed_nothing_runs_and_the_model_is_the_same(project: Project) -> None:
    result = project.fit()
    assert result.ran == []
    assert set(result.restored) == TRAINED
    assert result.device is None
    assert result.model_id == open_model(project.folder / "model1").model_id
    assert open_model(project.folder / f"model{project.models}").model_id == result.model_id


def test_where_nothing_changed_tensorflow_is_not_imported(project: Project) -> None:
    options = project.options()
    arguments = ["--config", options.config, "--data", *options.data, "--out", options.out]
    code = (
        "import sys; from onnlu_train.cli import main\n"
        "try: main()\n"
        "except SystemExit as ended: assert ended.code == 0\n"
        "print({'tensorflow', 'keras', 'onnxruntime', 'sklearn'} & set(sys.modules))"
    )
    place = ["--cache", project.folder / "cache", "--cache-size", "100"]
    line = [sys.executable, "-c", code, "fit", *arguments, *place]
    done = subprocess.run(line, check=True, capture_output=True, text=True)
    said, imported = done.stdout.splitlines()[:2], done.stdout.splitlines()[-1]
    assert said == ["Nothing had to be trained.", "Nodes: run: 0, restored: 5"]
    assert imported == "set()"


def test_a_changed_response_retrains_what_reads_it_and_not_diet(project: Project) -> None:
    result = project.fit(data=NEW_RESPONSE)
    assert result.ran == [*CHEAP, SELECTOR]
    assert set(result.restored) == {VECTORS_NODE, DIET, MAPPER}


def test_a_changed_utterance_retrains_what_depends_on_it(project: Project) -> None:
    plan = Fit(project.options(data=NEW_UTTERANCE)).plan()
    assert plan.having(Action.RESTORED) == [VECTORS_NODE]
    assert plan.nodes[CHEAP[1]].why == ("input changed: training_data, examples",)
    assert plan.nodes[DIET].why == ("training_data comes from run_CountVectorsFeaturizer2",)
    result = project.fit(data=NEW_UTTERANCE)
    # All its words are known: nothing changed for the examples that have responses.
    assert result.ran == [*CHEAP, DIET, MAPPER]
    assert set(result.restored) == {VECTORS_NODE, SELECTOR}


@pytest.mark.slow
@pytest.mark.parametrize("data", [NEW_RESPONSE, NEW_UTTERANCE], ids=["response", "utterance"])
def test_what_is_restored_is_what_a_training_gives(project: Project, data: str) -> None:
    restored = project.fit(data=data)
    trained = project.fit(data=data, cache=None)
    assert restored.restored
    assert trained.restored == []
    assert restored.model_id == trained.model_id


def test_a_changed_file_of_word_vectors_is_noticed(project: Project) -> None:
    found = project.why(vectors=VECTORS.replace("hello", "hallo"))
    assert found[VECTORS_NODE] == ("its files changed",)
    assert DIET in found


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"epochs": 2}, "epochs: 1 -> 2"),
        ({"gradient_clipping": 1.0}, "train.gradient_clipping: not there -> 1.0"),
        ({"monitor": "t_loss", "patience": 3}, "train.patience: not there -> 3"),
    ],
)
def test_keys_of_the_train_section_that_shape_a_model_retrain_it(
    project: Project, overrides: Mapping[str, Any], reason: str
) -> None:
    found = project.why(overrides=overrides)
    assert reason in found[DIET]
    assert set(found) & TRAINED == {DIET, SELECTOR}


def test_keys_of_the_train_section_that_watch_a_training_change_nothing(project: Project) -> None:
    watching = {"tensorboard": str(project.folder / "events"), "checkpoint_every": 5}
    assert project.why(overrides=watching) == {}


def test_validation_data_are_an_input_of_what_they_validate(project: Project) -> None:
    other = project.folder / "validation.yml"
    other.write_text(DATA)
    found = project.why(overrides={"validation_data": str(other)})
    assert found[DIET] == ("validation_data comes from run_CountVectorsFeaturizer2_on_validation",)
    assert set(found) & TRAINED == {DIET, SELECTOR}


def test_a_forced_fit_trains_everything(project: Project) -> None:
    found = project.why(force=True)
    assert set(found) >= TRAINED
    assert set(found.values()) == {("everything is to run",)}


def test_a_plan_trains_and_writes_nothing(project: Project) -> None:
    before = {path: path.stat().st_mtime_ns for path in project.folder.rglob("*")}
    options = project.options()
    Fit(options).plan()
    assert not options.out.exists()
    after = {path: path.stat().st_mtime_ns for path in project.folder.rglob("*")}
    assert {p for p in after if p.is_dir()} == {p for p in before if p.is_dir()}
    assert (
        after[project.folder / "cache" / "index.db"]
        == before[project.folder / "cache" / "index.db"]
    )


def test_a_fold_of_a_cross_validation_neither_reads_nor_fills_a_cache(tmp_path: Path) -> None:
    assert FoldJob(tmp_path, [tmp_path]).fit_options(tmp_path).cache is None


SMALL = CONFIG[: CONFIG.index("- name: EntitySynonymMapper")].replace(
    "- name: WordVectorsFeaturizer\n  file: vectors.txt\n", ""
)
SMALL_DIET = "train_DIETClassifier2"


def test_a_model_of_a_drawn_seed_is_taken_again(tmp_path: Path) -> None:
    project = Project(tmp_path)
    config = SMALL.replace("random_seed: 7", "random_seed: null")
    first = project.fit(config=config)
    assert project.fit(config=config).model_id == first.model_id
    assert project.fit(config=config, force=True).model_id != first.model_id


@pytest.mark.slow
def test_finetuning_twice_trains_once(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.fit(config=SMALL)
    more = DATA.replace("- hello there", "- hello there\n    - hello you")
    tuned = project.fit(config=SMALL, data=more, finetune=tmp_path / "model1")
    assert SMALL_DIET in tuned.ran
    again = project.fit(config=SMALL, data=more, finetune=tmp_path / "model1")
    assert (again.ran, again.model_id) == ([], tuned.model_id)
    anew = project.fit(config=SMALL, data=more)
    assert SMALL_DIET in anew.ran
    further = project.fit(config=SMALL, data=more, finetune=tmp_path / "model4")
    assert SMALL_DIET in further.ran


class Interrupting(TrainingCallback):
    """Presses Ctrl-C in the second epoch."""

    wants_steps = True

    def end_of_step(self, step: int, metrics: Mapping[str, float]) -> None:
        import signal

        if step == 2:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.slow
@pytest.mark.parametrize("same_cache", [True, False])
def test_an_interrupted_fit_goes_on_with_a_cache_and_without(
    tmp_path: Path, same_cache: bool
) -> None:
    project = Project(tmp_path)
    config = SMALL.replace("epochs: 1", "epochs: 4")
    whole = project.fit(config=config, cache=None)
    options = project.options(config=config)
    with pytest.raises(TrainingInterrupted):
        Fit(options).run([Interrupting()])
    kept = {entry.node for entry in project.cache.entries() if entry.result}
    assert kept == {"train_CountVectorsFeaturizer1"}
    cache = project.cache if same_cache else None
    resumed = project.fit(config=config, out=options.out, resume=True, cache=cache)
    assert resumed.model_id == whole.model_id
    assert "train_CountVectorsFeaturizer1" in resumed.restored
    if same_cache:
        assert project.fit(config=config).ran == []


@pytest.mark.slow
def test_a_forced_fit_goes_on_from_its_checkpoint_whatever_the_cache_has(tmp_path: Path) -> None:
    project = Project(tmp_path)
    config = SMALL.replace("epochs: 1", "epochs: 4")
    whole = project.fit(config=config)
    options = project.options(config=config, force=True)
    with pytest.raises(TrainingInterrupted):
        Fit(options).run([Interrupting()])
    resumed = project.fit(config=config, out=options.out, resume=True, force=True)
    assert resumed.restored == ["train_CountVectorsFeaturizer1"]
    assert SMALL_DIET in resumed.ran
    assert resumed.model_id == whole.model_id


def test_metrics_are_those_of_models_that_were_trained(project: Project) -> None:
    assert project.fit().metrics == {}


def test_manifests_say_nothing_of_the_cache(project: Project) -> None:
    project.fit()
    manifests = [
        json.loads((project.folder / name / "manifest.json").read_text(encoding="utf-8"))
        for name in ("model1", f"model{project.models}")
    ]
    for manifest in manifests:
        del manifest["created"]
    assert manifests[0] == manifests[1]
