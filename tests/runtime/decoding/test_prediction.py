from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnlu.decoding.prediction import PredictionDecoder
from onnlu.message import Message, Token
from onnlu.result import ParseResult
from onnlu_engine.errors import CorruptModelException

FACTS: dict[str, Any] = {
    "labels": ["bye", "go"],
    "tag_specs": [
        {"name": "entity", "tags": ["O", "B-city", "I-city", "L-city", "U-city"]},
        {"name": "role", "tags": ["O", "B-to", "I-to", "L-to", "U-to"]},
    ],
    "bilou": True,
    "ranking_length": 10,
    "renormalize_confidences": False,
    "split_entities_by_comma": True,
    "extractor": "DIETClassifier",
}


def go_to_rome() -> Message:
    tokens = [Token("go", 0, 2), Token("to", 3, 5), Token("rome", 6, 10)]
    return Message({"text": "go to rome"}, {"text": tokens})


def bye() -> Message:
    return Message({"text": "bye"}, {"text": [Token("bye", 0, 3)]})


def outputs_of(batch: int = 1, time: int = 4) -> dict[str, np.ndarray[Any, Any]]:
    """Outputs that say for every text: go 0.75, and U-city U-to at the third token."""
    tags = np.zeros((batch, time), np.int32)
    if time > 2:
        tags[:, 2] = 4
    return {
        "intent.confidences": np.tile(np.float32([0.25, 0.75]), (batch, 1)),
        "entity.tags": tags,
        "entity.scores": np.full((batch, time), 0.5, np.float32),
        "role.tags": tags,
        "role.scores": np.full((batch, time), 0.25, np.float32),
    }


ROME = {
    "entity": "city",
    "start": 6,
    "end": 10,
    "confidence_entity": 0.5,
    "role": "to",
    "confidence_role": 0.25,
    "value": "rome",
    "extractor": "DIETClassifier",
}


def test_a_message_gets_intent_ranking_and_entities() -> None:
    message = go_to_rome()
    PredictionDecoder(FACTS).annotate(message, outputs_of())
    assert message.data == {
        "text": "go to rome",
        "intent": {"name": "go", "confidence": 0.75},
        "intent_ranking": [
            {"name": "go", "confidence": 0.75},
            {"name": "bye", "confidence": 0.25},
        ],
        "entities": [ROME],
    }


def test_entities_of_others_stay_in_front() -> None:
    message = go_to_rome()
    other = {"entity": "verb", "start": 0, "end": 2, "value": "go"}
    message.set("entities", [other])
    PredictionDecoder(FACTS).annotate(message, outputs_of())
    assert message.get("entities") == [other, ROME]


def test_tags_of_the_padding_are_nothing() -> None:
    messages = [go_to_rome(), bye()]
    PredictionDecoder(FACTS).annotate_batch(messages, outputs_of(batch=2))
    assert [message.get("entities") for message in messages] == [[ROME], []]


def test_changing_the_intent_leaves_the_ranking_alone() -> None:
    message = go_to_rome()
    PredictionDecoder(FACTS).annotate(message, outputs_of())
    message.get("intent")["name"] = "fallback"
    assert message.get("intent_ranking")[0]["name"] == "go"


def test_a_model_of_intents_sets_no_entities() -> None:
    message = go_to_rome()
    outputs = {"intent.confidences": outputs_of()["intent.confidences"]}
    PredictionDecoder(FACTS | {"tag_specs": []}).annotate(message, outputs)
    assert message.get("intent")["name"] == "go"
    assert "entities" not in message.data


def test_a_model_of_entities_sets_no_intent() -> None:
    message = go_to_rome()
    outputs = outputs_of()
    del outputs["intent.confidences"]
    PredictionDecoder(FACTS | {"labels": []}).annotate(message, outputs)
    assert message.get("entities") == [ROME]
    assert "intent" not in message.data


def test_broken_runs_are_repaired_where_tags_are_bilou() -> None:
    message = go_to_rome()
    outputs = outputs_of()
    outputs["entity.tags"] = np.int32([[0, 1, 2, 0]])
    PredictionDecoder(FACTS | {"tag_specs": FACTS["tag_specs"][:1]}).annotate(message, outputs)
    assert [entity["value"] for entity in message.get("entities")] == ["to rome"]


def test_plain_tags_are_taken_as_they_are() -> None:
    message = go_to_rome()
    facts = {"bilou": False, "tag_specs": [{"name": "entity", "tags": ["O", "a", "b", "c", "U-x"]}]}
    PredictionDecoder(FACTS | facts).annotate(message, outputs_of())
    assert message.get("entities")[0]["entity"] == "U-x"


def test_a_message_without_features_has_no_intent() -> None:
    message = go_to_rome()
    PredictionDecoder(FACTS).annotate_without_features(message)
    assert message.get("intent") == {"name": None, "confidence": 0.0}
    assert message.get("intent_ranking") == []
    assert "entities" not in message.data


def test_without_intents_a_message_without_features_stays_as_it_is() -> None:
    message = go_to_rome()
    PredictionDecoder(FACTS | {"labels": []}).annotate_without_features(message)
    assert message.data == {"text": "go to rome"}


def test_an_empty_batch_is_nothing() -> None:
    PredictionDecoder(FACTS).annotate_batch([], outputs_of(batch=0))


def test_wrong_facts_are_refused_when_the_decoder_is_built() -> None:
    with pytest.raises(CorruptModelException, match="'ranking_length'"):
        PredictionDecoder(FACTS | {"ranking_length": "ten"})


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("intent.confidences", (1, 3)),
        ("intent.confidences", (2, 2)),
        ("entity.tags", (1, 2)),
        ("entity.tags", (2, 4)),
        ("entity.tags", (4,)),
        ("role.scores", (1, 3)),
    ],
)
def test_an_output_of_another_shape_is_named(name: str, shape: tuple[int, ...]) -> None:
    outputs = outputs_of()
    outputs[name] = np.zeros(shape, outputs[name].dtype)
    with pytest.raises(CorruptModelException, match=name):
        PredictionDecoder(FACTS).annotate(go_to_rome(), outputs)


def test_a_tag_beyond_the_spec_is_named() -> None:
    outputs = outputs_of()
    outputs["role.tags"] = np.full((1, 4), 9, np.int32)
    with pytest.raises(CorruptModelException, match=r"'role\.tags'.*tag 9"):
        PredictionDecoder(FACTS).annotate(go_to_rome(), outputs)


ORACLES = ["default", "relative_attention", "roles_and_groups", "no_transformer"]


class Oracle:
    """What Rasa 3.6 computed with one model: its facts, and its outputs and results by text."""

    def __init__(self, folder: Path, **options: Any) -> None:
        data = json.loads((folder / "label_data.json").read_text())
        self.parses = json.loads((folder / "parses.json").read_text())
        self._arrays = dict(np.load(folder / "batches.npz"))
        self._tokens = dict(np.load(folder / "features.npz"))
        labels = data["index_label_id_mapping"]
        specs = data["entity_tag_specs"]
        self.kinds = [spec["tag_name"] for spec in specs]
        self.facts = FACTS | {
            "labels": [labels[str(index)] for index in range(len(labels))],
            "tag_specs": [
                {
                    "name": spec["tag_name"],
                    "tags": [spec["ids_to_tags"][str(tag)] for tag in range(spec["num_tags"])],
                }
                for spec in specs
            ],
            **options,
        }

    def messages(self) -> list[Message]:
        return [
            Message({"text": parse["text"]}, {"text": self._tokens_of(index, parse["text"])})
            for index, parse in enumerate(self.parses)
        ]

    def outputs(self, batch: int) -> dict[str, np.ndarray[Any, Any]]:
        outputs = {"intent.confidences": self._arrays[f"{batch}/out/i_scores"]}
        for kind in self.kinds:
            outputs[f"{kind}.tags"] = self._arrays[f"{batch}/out/e_{kind}_ids"]
            outputs[f"{kind}.scores"] = self._arrays[f"{batch}/out/e_{kind}_scores"]
        return outputs

    def _tokens_of(self, index: int, text: str) -> list[Token]:
        spans = self._tokens[f"{index}/tokens"].tolist()
        return [Token(text[start:end], start, end) for start, end in spans]


@pytest.fixture(params=ORACLES)
def oracle(request: pytest.FixtureRequest, shared: Path) -> Oracle:
    options = {
        "default": {},
        "relative_attention": {"bilou": False},
        "roles_and_groups": {},
        "no_transformer": {"ranking_length": 3, "renormalize_confidences": True},
    }
    return Oracle(shared / "oracles" / request.param, **options[request.param])


def before_synonyms(parse: dict[str, Any]) -> dict[str, Any]:
    """Undo what the EntitySynonymMapper did to a result."""
    entities = [
        {key: value for key, value in entity.items() if key != "processors"}
        | {"value": parse["text"][entity["start"] : entity["end"]]}
        for entity in parse["entities"]
    ]
    return parse | {"entities": entities}


def without_floats(document: Any) -> Any:
    """Return a document with 0 for every float, and what was there: [floats]."""
    floats: list[float] = []

    def walk(value: Any) -> Any:
        if isinstance(value, float):
            floats.append(value)
            return 0
        if isinstance(value, dict):
            return [(key, walk(item)) for key, item in value.items()]
        return [walk(item) for item in value] if isinstance(value, list) else value

    return walk(document), floats


def assert_same(results: list[dict[str, Any]], parses: list[dict[str, Any]], atol: float) -> None:
    results, floats = without_floats(results)
    expected, expected_floats = without_floats([before_synonyms(parse) for parse in parses])
    assert results == expected
    assert floats == pytest.approx(expected_floats, rel=0, abs=atol)


@pytest.mark.shared
def test_outputs_of_single_texts_become_the_results_of_rasa(oracle: Oracle) -> None:
    decoder = PredictionDecoder(oracle.facts)
    messages = oracle.messages()
    for index, message in enumerate(messages):
        decoder.annotate(message, oracle.outputs(index))
    results = [ParseResult.from_message(message).to_dict() for message in messages]
    assert_same(results, oracle.parses, atol=1e-7)


@pytest.mark.shared
def test_outputs_of_a_batch_become_the_results_of_rasa(oracle: Oracle) -> None:
    messages = oracle.messages()
    PredictionDecoder(oracle.facts).annotate_batch(messages, oracle.outputs(len(messages)))
    results = [ParseResult.from_message(message).to_dict() for message in messages]
    assert_same(results, oracle.parses, atol=1e-5)


@pytest.mark.shared
def test_the_oracles_hold_entities_with_and_without_groups(shared: Path) -> None:
    parses = json.loads((shared / "oracles" / "roles_and_groups" / "parses.json").read_text())
    entities = [entity for parse in parses for entity in parse["entities"]]
    assert {"group" in entity for entity in entities} == {True, False}
