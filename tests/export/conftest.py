"""Small models, trained and exported once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

PIPELINE = """\
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
{featurizers}
- name: DIETClassifier
  epochs: 12
  batch_size: 8
  random_seed: 7
  learning_rate: 0.01
  transformer_size: {units}
  number_of_attention_heads: 2
  number_of_transformer_layers: {layers}
  dense_dimension: {{text: {units}, label: 8}}
  embedding_dimension: 8
  connection_density: 0.2
{options}
"""
WORDS = "- name: CountVectorsFeaturizer"
CHARACTERS = f"{WORDS}\n  analyzer: char_wb\n  min_ngram: 1\n  max_ngram: 3"

TRAVEL = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
    - good morning to you
    - hey
- intent: travel
  examples: |
    - fly from [paris]{"entity": "city", "role": "from"} to [rome]{"entity": "city", "role": "to"}
    - go to [oslo]{"entity": "city", "role": "to"}
    - leave [rome]{"entity": "city", "role": "from"} now
    - from [oslo]{"entity": "city", "role": "from"} to [paris]{"entity": "city", "role": "to"}
- intent: order
  examples: |
    - a [large]{"entity": "size", "group": "1"} tea, a [small]{"entity": "size", "group": "2"} one
    - bring me a [small]{"entity": "size", "group": "1"} cake
    - one [large]{"entity": "size", "group": "1"} coffee
"""


def fit(
    folder: Path,
    *,
    featurizers: str = WORDS,
    options: str = "",
    data: str = TRAVEL,
    layers: int = 1,
    units: int = 16,
) -> Path:
    """Train a tiny model and return its directory."""
    from onnlu_train.fit import Fit, FitOptions

    folder.mkdir(exist_ok=True)
    config = PIPELINE.format(featurizers=featurizers, options=options, layers=layers, units=units)
    (folder / "config.yml").write_text(config)
    (folder / "nlu.yml").write_text(data)
    out = folder / "trained"
    Fit(FitOptions(folder / "config.yml", [folder / "nlu.yml"], out, device="cpu")).run()
    return out


@pytest.fixture(scope="session")
def trained_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model with intents, entities, roles and groups."""
    return fit(tmp_path_factory.mktemp("trained"), featurizers=f"{WORDS}\n{CHARACTERS}")


@pytest.fixture(scope="session")
def exported_model(trained_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the exporter makes of `trained_model`."""
    from onnlu_export.exporting import to_onnx

    out = tmp_path_factory.mktemp("exported") / "onnx"
    to_onnx(trained_model, out)
    return out


@pytest.fixture(scope="session")
def diet(trained_model: Path) -> Any:
    """The trained model's DIET."""
    from onnlu_train.loading import load

    trained = load(trained_model)
    node = next(name for name in trained.schema.nodes if "DIETClassifier" in name)
    return trained.component(node).export_spec().model


@pytest.fixture(scope="session")
def diet_conversion(diet: Any) -> Any:
    """DIET's graph after all passes; copy it before you change it."""
    from onnlu_export.conversion import convert
    from onnlu_export.passes import DEFAULT_PASSES

    conversion = convert(diet)
    for graph_pass in DEFAULT_PASSES:
        graph_pass(conversion)
    return conversion
