"""`trainer fit --finetune`: what is learnt stays, and more is learnt (behaviour.md 3.9, 5.5)."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnlu_engine.errors import (
    IncompatibleModelException,
    InvalidConfigException,
    InvalidDataException,
    ModelException,
)
from onnlu_engine.model_directory import open_model, write_model
from onnlu_train.loading import load
from onnlu_train.training import TrainingCallback, TrainingRun
from onnlu_train.training.interruption import TrainingInterrupted

from .project import CONFIG, DATA, MORE, Project

MakeProject = Callable[..., Project]

OLD_TEXTS = ["hello", "hi there", "go to oslo", "leave rome now", "fly to nowhere", "?"]
# With a new word, a new shape and a match of a new pattern each.
NEW_TEXTS = ["howdy partner", "teleport me to Ankara", "hello Partner"]
FAQ_CONFIG = """\
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: ResponseSelector
  epochs: 2
  random_seed: 7
  hidden_layers_sizes: {{text: [8], label: [8]}}
  dense_dimension: {{text: 8, label: 8}}
  concat_dimension: {{text: 8, label: 8}}
  use_text_as_label: {by_text}
"""
FAQ = """\
version: "3.1"
nlu:
- intent: faq/open
  examples: |
    - when do you open
    - are you open
- intent: faq/fee
  examples: |
    - is there a fee
    - what does it cost
responses:
  utter_faq/open:
  - text: We open at nine.
  utter_faq/fee:
  - text: There is {amount} fee.
"""
MORE_FAQ = """\
version: "3.1"
nlu:
- intent: faq/fee
  examples: |
    - do you take money
"""


class FirstWeights(TrainingCallback):
    """Keeps what each model weighed before its first step."""

    def __init__(self) -> None:
        self.weights: dict[str, dict[str, np.ndarray]] = {}

    def begin(self, run: TrainingRun) -> None:
        self.weights[run.node] = run.model.weights_by_name()


class EndAtEpoch(TrainingCallback):
    """Presses Ctrl-C."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        if epoch == self.epoch:
            os.kill(os.getpid(), signal.SIGINT)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def learnt(model: Path, component: str, file: str) -> Any:
    return json.loads((model / "components" / component / file).read_text(encoding="utf-8"))


def outputs(model: Path, node: str, weights: dict[str, np.ndarray] | None = None) -> dict[str, Any]:
    """What a model says of old and new texts, perhaps with other weights."""
    nlu = load(model)
    component = nlu.component(node)
    if weights is not None:
        component.export_spec().model.assign_weights(weights)
    found: dict[str, Any] = component.infer(nlu.features([*OLD_TEXTS, *NEW_TEXTS], node))
    return found


def assert_equal(first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_allclose(first[name], second[name], atol=1e-6, rtol=0, err_msg=name)


@pytest.fixture(scope="module")
def before() -> FirstWeights:
    return FirstWeights()


@pytest.fixture(scope="module")
def tuned(base: Path, before: FirstWeights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project(tmp_path_factory.mktemp("tuned"))
    project.finetuning(base, overrides={"epochs": 3}).run([before])
    return project.folder / "tuned"


def test_columns_keep_their_numbers_and_new_ones_follow_sorted(base: Path, tuned: Path):
    for component in ("train_CountVectorsFeaturizer3", "train_CountVectorsFeaturizer4"):
        old = learnt(base, component, "vocabularies.json")["text"]
        new = learnt(tuned, component, "vocabularies.json")["text"]
        assert new[: len(old)] == old
        assert new[len(old) :] == sorted(new[len(old) :]) != []
    old, new = (
        learnt(m, "train_LexicalSyntacticFeaturizer2", "features.json") for m in (base, tuned)
    )
    assert new[: len(old)] == old
    assert new[len(old) :] == sorted(new[len(old) :]) != []


@pytest.mark.behaviour("1.7/4")
def test_every_text_is_predicted_as_before_until_the_first_step(
    base: Path, tuned: Path, before: FirstWeights
):
    (weights,) = before.weights.values()
    assert_equal(
        outputs(tuned, "run_DIETClassifier5", weights), outputs(base, "run_DIETClassifier5")
    )


def test_it_learns_what_is_new(base: Path, tuned: Path):
    old, new = (outputs(model, "run_DIETClassifier5") for model in (base, tuned))
    changed = np.abs(old["intent.confidences"] - new["intent.confidences"]).max(axis=1)
    assert changed[len(OLD_TEXTS) :].min() > 1e-4


def test_the_rows_of_new_features_are_learnt(base: Path, tuned: Path, before: FirstWeights):
    (first,) = before.weights.values()
    known, now = (
        load(model).component("run_DIETClassifier5").export_spec().model.weights_by_name()
        for model in (base, tuned)
    )
    grown = [name for name in known if len(first[name]) > len(known[name])]
    assert sorted(grown) == [
        "text.features.sentence.sparse_to_dense/kernel",
        "text.features.sequence.sparse_to_dense/kernel",
    ]
    for name in grown:
        learnt = ~first[name].any(axis=1) & now[name].any(axis=1)
        # Some rows have no connection at all, and stay zero.
        new = len(first[name]) - len(known[name])
        assert new / 2 < learnt.sum() <= new


def test_a_featurizer_that_had_nothing_to_learn_before_gets_its_columns(tuned: Path, base: Path):
    old, new = (
        open_model(model).manifest["sparse_feature_sizes"]["train_DIETClassifier5"]["text"]
        for model in (base, tuned)
    )
    assert "run_RegexFeaturizer1" not in old["sequence"]
    assert new["sequence"]["run_RegexFeaturizer1"] == 1


def test_the_manifest_says_what_it_was_finetuned_from(base: Path, tuned: Path):
    assert open_model(tuned).manifest["finetuned_from"] == open_model(base).model_id
    assert "finetuned_from" not in open_model(base).manifest


def test_labels_stay_in_their_order(base: Path, tuned: Path):
    names = [learnt(m, "train_DIETClassifier5", "model.json")["facts"] for m in (base, tuned)]
    assert names[0]["labels"] == names[1]["labels"]
    assert names[0]["tag_specs"] == names[1]["tag_specs"]


def test_what_cannot_be_finetuned_is_trained_anew_with_a_notice(
    base: Path, project: MakeProject, tuned: Path
):
    notices = project().finetuning(base).notices
    assert any(str(base) in n and open_model(base).model_id in n for n in notices)
    assert [n for n in notices if "cannot be finetuned" in n] == [
        "RegexEntityExtractor cannot be finetuned: it learns anew, from this data alone"
    ]
    assert len(learnt(tuned, "train_RegexEntityExtractor7", "patterns.json")) == 1
    assert learnt(tuned, "train_EntitySynonymMapper6", "synonyms.json")["urbs"] == "rome"


def test_a_finetuned_model_can_be_finetuned_again(tuned: Path, project: MakeProject):
    made = project(more=MORE.replace("howdy", "ahoy"))
    again = FirstWeights()
    result = made.finetuning(tuned).run([again])
    assert result.finetuned_from == open_model(tuned).model_id
    (weights,) = again.weights.values()
    assert_equal(
        outputs(made.folder / "tuned", "run_DIETClassifier5", weights),
        outputs(tuned, "run_DIETClassifier5"),
    )


# Interruptions


def test_an_interrupted_finetuning_leaves_its_model_and_goes_on_to_the_same_one(
    base: Path, project: MakeProject
):
    whole = project().finetuning(base, "whole", overrides={"epochs": 3}).run()
    own = project().folder / "own"
    shutil.copytree(base, own)
    options = {"out": "own", "overrides": {"epochs": 3}, "overwrite": True}

    with pytest.raises(TrainingInterrupted):
        project().finetuning(own, **options).run([EndAtEpoch(2)])
    assert contents(own) == contents(base)
    resumed = project().finetuning(own, resume=True, **options).run()

    assert resumed.model_id == whole.model_id
    assert open_model(own).manifest["finetuned_from"] == open_model(base).model_id


def test_a_checkpoint_of_another_training_is_refused(base: Path, tuned: Path, project: MakeProject):
    options = {"overrides": {"epochs": 3}}
    with pytest.raises(TrainingInterrupted):
        project().finetuning(base, **options).run([EndAtEpoch(1)])
    with pytest.raises(InvalidConfigException) as refused:
        project().finetuning(tuned, resume=True, **options)
    assert "model_id of the model to finetune: was" in str(refused.value)


# Responses


@pytest.mark.slow
@pytest.mark.parametrize("by_text", ["true", "false"])
def test_selectors_of_responses_are_finetuned_too(project: MakeProject, by_text: str):
    made = project(
        config=FAQ_CONFIG.format(by_text=by_text),
        data=FAQ.replace("{amount}", "no"),
        more=MORE_FAQ,
    )
    base = made.train()
    # The texts of responses may change: what they are called may not.
    made.data.write_text(FAQ.replace("{amount}", "a small"), encoding="utf-8")
    before = FirstWeights()
    made.finetuning(base).run([before])
    (weights,) = before.weights.values()
    first = outputs(made.folder / "tuned", "run_ResponseSelector2", weights)
    if by_text == "false":
        assert_equal(first, outputs(base, "run_ResponseSelector2"))
    assert first["response.confidences"].shape == (len(OLD_TEXTS) + len(NEW_TEXTS), 2)


# What is refused


@pytest.mark.behaviour("2.7/13")
@pytest.mark.parametrize(
    ("data", "more", "named"),
    [
        (DATA, MORE + "- intent: refund\n  examples: |\n    - pay back\n", "not know: refund"),
        (DATA, MORE.replace("(city)", "(town)"), "entity types that the model does not know: town"),
        (
            DATA.replace("(city)", '{"entity": "city", "role": "from"}'),
            MORE,
            "roles that the model does not know: from",
        ),
        (
            DATA.replace("- intent: travel", "- intent: trip"),
            MORE.replace("- intent: travel", "- intent: trip"),
            "intents that the data no longer has: travel",
        ),
        (
            DATA.replace("(city)", "").replace("[", "").replace("]", ""),
            MORE.replace("[Ankara](city)", "Ankara"),
            "entity types that the data no longer has: city",
        ),
    ],
    ids=["an intent", "an entity type", "a role", "another intent", "no entities"],
)
def test_other_labels_are_refused_by_name(
    base: Path, project: MakeProject, data: str, more: str, named: str
):
    made = project(data=data, more=more)
    fit = made.finetuning(base)
    with pytest.raises(InvalidDataException) as refused:
        fit.run()
    assert "DIETClassifier cannot be finetuned on this data" in str(refused.value)
    assert named in str(refused.value)
    assert "without --finetune" in str(refused.value)
    assert refused.value.exit_code == 3
    assert not (made.folder / "tuned").exists()


def test_a_model_that_is_not_there_or_not_whole_is_refused(
    base: Path, project: MakeProject, tmp_path: Path
):
    with pytest.raises(ModelException, match="There is no model"):
        project().finetuning(tmp_path / "missing")
    broken = tmp_path / "broken"
    shutil.copytree(base, broken)
    (broken / "components/train_DIETClassifier5/weights.safetensors").write_bytes(b"")
    with pytest.raises(ModelException, match=r"weights\.safetensors"):
        project().finetuning(broken)


def test_sizes_of_an_older_version_are_refused(base: Path, project: MakeProject, tmp_path: Path):
    components = tmp_path / "components"
    shutil.copytree(base / "components", components)
    sizes = {"text": {"sequence": [4, 9], "sentence": [9]}}
    file = components / "train_DIETClassifier5/sparse_feature_sizes.json"
    file.write_text(json.dumps(sizes), encoding="utf-8")
    manifest = open_model(base).manifest
    write_model(tmp_path / "older", manifest, {"components": components})
    fit = project().finetuning(tmp_path / "older")
    with pytest.raises(IncompatibleModelException, match="older version"):
        fit.run()


def test_every_change_of_the_config_and_every_problem_of_the_data_are_told_at_once(
    base: Path, project: MakeProject
):
    made = project(config=CONFIG.replace("language: en", "language: de"), more="nlu: 5\n")
    with pytest.raises(InvalidConfigException) as refused:
        made.finetuning(base)
    assert 'language: was "en", is "de"' in str(refused.value)
    assert "more.yml" in str(refused.value)
