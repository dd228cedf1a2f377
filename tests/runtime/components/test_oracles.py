"""Features equal those of Rasa 3.6.21, column by column name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from onnlu.components.count_vectors_featurizer import CountVectorsFeaturizer
from onnlu.components.featurizer import Featurizer
from onnlu.components.lexical_syntactic_featurizer import LexicalSyntacticFeaturizer
from onnlu.components.regex_featurizer import RegexFeaturizer
from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu.message import Message
from onnlu.sparse import SparseMatrix
from onnlu_train.data import read_training_data

FEATURIZERS = {
    component.__name__: component
    for component in (RegexFeaturizer, LexicalSyntacticFeaturizer, CountVectorsFeaturizer)
}
Cells = set[tuple[int, Any, float]]


@pytest.fixture(
    params=["default", "relative_attention", "roles_and_groups", "no_transformer"], scope="module"
)
def oracle(request: pytest.FixtureRequest, shared: Path) -> Path:
    return shared / "oracles" / str(request.param)


def trained_pipeline(build: Any, oracle: Path) -> Iterator[tuple[str, Featurizer]]:
    """Train the featurizers of the oracle's config, under the node names that Rasa gives them."""
    data = read_training_data([oracle / "train.yml"]).training_data
    data = build(WhitespaceTokenizer).process_training_data(data)
    pipeline = YAML(typ="safe").load((oracle / "config.yml").read_text())["pipeline"]
    for number, entry in enumerate(pipeline):
        name = entry.pop("name")
        if name in FEATURIZERS:
            resource = f"train_{name}{number}"
            build(FEATURIZERS[name], resource=resource, **entry).train(data)
            node = f"run_{name}{number}"
            yield (
                resource,
                build(FEATURIZERS[name], load=True, resource=resource, node=node, **entry),
            )


def our_names(featurizer: Featurizer) -> list[Any]:
    match featurizer:
        case CountVectorsFeaturizer():
            return featurizer.vocabularies["text"]
        case LexicalSyntacticFeaturizer():
            return [(f"{place}###{name}", value) for place, name, value in featurizer.columns]
        case RegexFeaturizer():
            return [(pattern.name, pattern.pattern) for pattern in featurizer.patterns]
    raise AssertionError(featurizer)


def rasa_names(vocabularies: dict[str, Any], resource: str) -> list[Any]:
    (content,) = (
        content
        for key, content in vocabularies.items()
        if key.startswith(f"{resource}/") and not key.endswith("oov_words.json")
    )
    if isinstance(content, list):
        return [(pattern["name"], pattern["pattern"]) for pattern in content]
    if "text" in content:
        return sorted(content["text"], key=content["text"].__getitem__)
    pairs = {
        column: (key, value) for key, values in content.items() for value, column in values.items()
    }
    return [pairs[column] for column in range(len(pairs))]


def cells(names: list[Any], rows: Any, columns: Any, values: Any) -> Cells:
    triples = zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True)
    found = [(row, names[column], value) for row, column, value in triples if value]
    assert len(set(found)) == len(found)
    return set(found)


@pytest.mark.shared
def test_features_equal_those_of_rasa(build: Any, oracle: Path) -> None:
    vocabularies = json.loads((oracle / "vocabularies.json").read_text())
    texts = json.loads((oracle / "label_data.json").read_text())["texts"]
    expected = np.load(oracle / "features.npz")
    compared = set()
    for resource, featurizer in trained_pipeline(build, oracle):
        names, rasa = our_names(featurizer), rasa_names(vocabularies, resource)
        assert sorted(names) == sorted(rasa)
        messages = build(WhitespaceTokenizer).process([Message({"text": text}) for text in texts])
        for number, message in enumerate(featurizer.process(messages)):
            spans = [[token.start, token.end] for token in message.tokens["text"]]
            assert spans == expected[f"{number}/tokens"].tolist()
            for features in message.features:
                matrix = features.matrix
                assert isinstance(matrix, SparseMatrix)
                key = f"{number}/{features.origin}/{features.type}"
                theirs = [expected[f"{key}/{part}"] for part in ("row", "col", "value")]
                assert matrix.shape == tuple(expected[f"{key}/shape"])
                assert cells(names, matrix.rows, matrix.columns, matrix.values) == cells(
                    rasa, *theirs
                )
                compared.add(key)
    assert compared == {key.rpartition("/")[0] for key in expected if not key.endswith("/tokens")}


@pytest.mark.shared
def test_the_vocabulary_of_intents_equals_that_of_rasa(build: Any, oracle: Path) -> None:
    vocabularies = json.loads((oracle / "vocabularies.json").read_text())
    (words,) = (
        featurizer
        for resource, featurizer in trained_pipeline(build, oracle)
        if resource == "train_CountVectorsFeaturizer3"
    )
    rasa = vocabularies["train_CountVectorsFeaturizer3/vocabularies.json"]["intent"]
    assert isinstance(words, CountVectorsFeaturizer)
    assert words.vocabularies["intent"] == sorted(rasa, key=rasa.__getitem__)
