"""A model is finetuned with the config that it was trained with, but for how it is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.finetuning.config_changes import finetuning_config

from .project import CONFIG, MakeProject, Project

HOW = """\
  epochs: 3
  batch_size: [2, 4]
  random_seed: 8
  learning_rate: 0.01
  learning_rate_schedule: constant
  warmup: 0
  batch_strategy: sequence
  drop_small_last_batch: true
"""


def refusal(made: Project, base: Path) -> str:
    with pytest.raises(InvalidConfigException) as refused:
        made.finetuning(base)
    assert refused.value.exit_code == 3
    return str(refused.value)


@pytest.mark.behaviour("2.7/13")
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("language: en", "", 'language: was "en", is null'),
        (
            "transformer_size: 8",
            "transformer_size: 16",
            "item 6, DIETClassifier: transformer_size: was 8, is 16",
        ),
        (
            "{text: 8, label: 4}",
            "{text: 8}",
            'item 6, DIETClassifier: dense_dimension: was {"text": 8, "label": 4}, '
            'is {"text": 8, "label": "auto"}',
        ),
        (
            "  max_ngram: 2",
            "  max_ngram: 2\n  lowercase: false",
            "item 5, CountVectorsFeaturizer: lowercase: was true, is false",
        ),
        ("- name: RegexFeaturizer\n", "", "  - RegexFeaturizer"),
        (
            "- name: EntitySynonymMapper",
            "- name: FallbackClassifier\n- name: EntitySynonymMapper",
            "  + FallbackClassifier",
        ),
    ],
    ids=["language", "option", "part of an option", "a default", "an item less", "an item more"],
)
def test_a_change_is_refused_and_shown(
    base: Path, project: MakeProject, old: str, new: str, told: str
):
    assert old in CONFIG
    lines = refusal(project(config=CONFIG.replace(old, new)), base).splitlines()
    assert lines[0] == f"The config is not that of {base}, which is to be finetuned:"
    assert f"  {told}" in lines
    assert "without --finetune" in lines[-1]
    assert "learning_rate" in lines[-1]


def test_an_item_that_moves_is_shown_where_it_was_and_where_it_is(base: Path, project: MakeProject):
    item, next_one = "- name: RegexFeaturizer\n", "- name: LexicalSyntacticFeaturizer\n"
    lines = refusal(project(config=CONFIG.replace(item + next_one, next_one + item)), base)
    assert lines.splitlines()[1:6] == [
        "  pipeline:",
        "      WhitespaceTokenizer",
        "    + LexicalSyntacticFeaturizer",
        "      RegexFeaturizer",
        "    - LexicalSyntacticFeaturizer",
    ]


def test_all_changes_are_told_at_once(base: Path, project: MakeProject):
    config = CONFIG.replace("en", "de", 1).replace("transformer_size: 8", "transformer_size: 16")
    config = config.replace("language: en", "language: de")
    told = refusal(project(config=config.replace("max_ngram: 2", "max_ngram: 3")), base)
    for key in ("language", "transformer_size", "max_ngram"):
        assert key in told


@pytest.mark.behaviour("2.7/13")
def test_how_it_is_trained_may_change(base: Path, project: MakeProject):
    config = CONFIG.replace("  epochs: 10\n  batch_size: 4\n  random_seed: 7\n", HOW)
    made = project(config=config + "train:\n  gradient_clipping: 1.0\n  validation_split: 0.2\n")
    made.finetuning(base)


@pytest.mark.behaviour("2.7/13")
def test_a_default_that_is_written_out_is_no_change(base: Path, project: MakeProject):
    written = CONFIG.replace("  max_ngram: 2", "  max_ngram: 2\n  min_ngram: 1\n  lowercase: true")
    assert written != CONFIG
    project(config=written).finetuning(base)


def test_options_are_those_of_the_model_but_for_what_may_change():
    before = {"epochs": 10, "drop_rate": 0.2, "gone": 1}
    now = {"epochs": 3, "drop_rate": 0.3, "random_seed": None, "new": True}
    assert finetuning_config(before, now) == {
        "epochs": 3,
        "drop_rate": 0.2,  # a default that has changed between two versions
        "random_seed": None,
        "new": True,
    }


VECTORS = """\
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: WordVectorsFeaturizer
  file: {file}
- name: KeywordIntentClassifier
"""


def test_a_file_of_other_word_vectors_is_a_change(project: MakeProject, tmp_path: Path):
    vectors = tmp_path / "vectors.vec"
    vectors.write_text("word 1 2\n", encoding="utf-8")
    made = project(config=VECTORS.format(file=vectors))
    base = made.train()
    made.finetuning(base)

    vectors.write_text("word 1 3\n", encoding="utf-8")
    _, difference, _ = refusal(made, base).splitlines()
    told = '  item 2, WordVectorsFeaturizer: content of its files: was "digest '
    assert difference.startswith(told)
