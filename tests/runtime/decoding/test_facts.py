from __future__ import annotations

import json
from typing import Any

import pytest

from onnlu.decoding.facts import PredictionFacts
from onnlu.decoding.tags import tag_specs
from onnlu_engine.errors import CorruptModelException

FACTS = PredictionFacts(
    labels=("bye", "hi"),
    tag_specs=tuple(tag_specs(["city"], ["to"], ["1"], bilou=True)),
    bilou=True,
    ranking_length=10,
    renormalize_confidences=False,
    split_entities_by_comma={"city": False},
    extractor="DIETClassifier",
)


def test_facts_survive_json() -> None:
    assert PredictionFacts.from_json(json.loads(json.dumps(FACTS.to_json()))) == FACTS


def test_other_keys_are_left_to_others() -> None:
    assert PredictionFacts.from_json(FACTS.to_json() | {"featurizers": []}) == FACTS


@pytest.mark.parametrize("key", sorted(FACTS.to_json()))
def test_a_missing_key_is_named(key: str) -> None:
    document = FACTS.to_json()
    del document[key]
    with pytest.raises(CorruptModelException, match=f"'{key}' is missing"):
        PredictionFacts.from_json(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("labels", "hi"),
        ("labels", ["hi", "hi"]),
        ("labels", ["hi", None]),
        ("labels", [["hi"]]),
        ("tag_specs", {"name": "entity"}),
        ("tag_specs", [{"name": "entity", "tags": ["O", "city"]}]),
        ("tag_specs", FACTS.to_json()["tag_specs"][1:]),
        ("tag_specs", FACTS.to_json()["tag_specs"][::-1]),
        ("tag_specs", FACTS.to_json()["tag_specs"][:1] * 2),
        ("bilou", 1),
        ("ranking_length", -1),
        ("ranking_length", True),
        ("ranking_length", 2.5),
        ("renormalize_confidences", "no"),
        ("split_entities_by_comma", None),
        ("split_entities_by_comma", {"city": 1}),
        ("extractor", ""),
        ("extractor", None),
    ],
)
def test_a_wrong_value_is_named_by_its_key(key: str, value: Any) -> None:
    with pytest.raises(CorruptModelException, match=f"'{key}'"):
        PredictionFacts.from_json(FACTS.to_json() | {key: value})


def test_all_wrong_keys_are_named_at_once() -> None:
    document = FACTS.to_json() | {"labels": None, "bilou": None}
    with pytest.raises(CorruptModelException, match=r"(?s)'labels'.*'bilou'"):
        PredictionFacts.from_json(document)


def test_facts_of_nothing_are_refused() -> None:
    with pytest.raises(CorruptModelException, match="both empty"):
        PredictionFacts.from_json(FACTS.to_json() | {"labels": [], "tag_specs": []})


@pytest.mark.parametrize("document", [None, [], "labels"])
def test_facts_are_a_mapping(document: Any) -> None:
    with pytest.raises(CorruptModelException, match="mapping"):
        PredictionFacts.from_json(document)
