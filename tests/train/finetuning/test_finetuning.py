"""`trainer fit --finetune`: what is learnt stays, and more is learnt (behaviour.md 3.9, 5.5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnlu_engine.model_directory import open_model
from onnlu_train.loading import load

from .outputs import OLD_TEXTS, FirstWeights, assert_equal, outputs
from .project import MORE, MakeProject


def learnt(model: Path, component: str, file: str) -> Any:
    return json.loads((model / "components" / component / file).read_text(encoding="utf-8"))


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
