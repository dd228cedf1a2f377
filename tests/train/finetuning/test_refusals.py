"""What cannot be finetuned is refused, and why."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from onnlu_engine.errors import (
    IncompatibleModelException,
    InvalidConfigException,
    InvalidDataException,
    ModelException,
)
from onnlu_engine.model_directory import open_model, write_model

from .project import CONFIG, DATA, MORE, MakeProject


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
