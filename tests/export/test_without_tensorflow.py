"""A pipeline in which nothing needs TensorFlow, from training to serving."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import onnlu
from onnlu.golden import verify_golden
from onnlu_export.exporting import to_onnx
from onnlu_train.fit import Fit, FitOptions

CONFIG = """
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: WordVectorsFeaturizer
  file: {vectors}
- name: KeywordIntentClassifier
  case_sensitive: false
- name: RegexEntityExtractor
- name: EntitySynonymMapper
- name: FallbackClassifier
  threshold: 0.5
"""
DATA = r"""
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
- intent: go
  examples: |
    - travel
    - travel to [oslo](city)
- lookup: city
  examples: |
    - oslo
    - bergen
- synonym: Bergen
  examples: |
    - bergen
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    vectors = folder / "vectors.txt"
    vectors.write_text("hello 1 2\ntravel 3 4\n", encoding="utf-8")
    (folder / "config.yml").write_text(CONFIG.format(vectors=vectors), encoding="utf-8")
    (folder / "nlu.yml").write_text(DATA, encoding="utf-8")
    options = FitOptions(folder / "config.yml", [folder / "nlu.yml"], folder / "trained")
    Fit(options).run()
    vectors.unlink()
    to_onnx(folder / "trained", folder / "exported")
    return folder / "exported"


def parsed(model: Path, text: str) -> dict[str, Any]:
    return onnlu.load(model).parse(text).to_dict()


def test_keywords_and_patterns_are_served(exported: Path) -> None:
    result = parsed(exported, "Travel to bergen!")
    assert result["intent"] == {"name": "go", "confidence": 1.0}
    assert result["entities"] == [
        {
            "entity": "city",
            "start": 10,
            "end": 16,
            "value": "Bergen",
            "extractor": "RegexEntityExtractor",
            "processors": ["EntitySynonymMapper"],
        }
    ]


def test_the_fallback_is_served(exported: Path) -> None:
    assert parsed(exported, "nothing known")["intent"] == {
        "name": "nlu_fallback",
        "confidence": 0.5,
    }


def test_word_vectors_are_in_the_model_and_no_longer_need_their_file(exported: Path) -> None:
    nlu = onnlu.load(exported)
    (message,) = nlu.features(["hello you"], "run_KeywordIntentClassifier2")
    sequence, sentence = (features.matrix for features in message.features)
    assert [row.tolist() for row in sequence] == [[1, 2], [0, 0]]
    assert sentence.tolist() == [[1, 2]]


def test_such_a_model_verifies(exported: Path) -> None:
    assert verify_golden(onnlu.load(exported)).cases > 0
