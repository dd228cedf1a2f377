from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onnlu.components.entity_synonym_mapper import EntitySynonymMapper
from onnlu.message import Message
from onnlu.training_data import TrainingData
from onnlu_engine.errors import (
    CorruptModelException,
    InvalidConfigException,
    ResourceNotFoundException,
)


def annotated(text: str, value: Any) -> Message:
    entity = {"entity": "city", "start": 0, "end": len(text), "value": value}
    return Message({"text": text, "entities": [entity]})


def learnt(build: Any, *entities: tuple[str, Any], **synonyms: str) -> dict[str, str]:
    data = TrainingData([annotated(text, value) for text, value in entities], synonyms)
    build(EntitySynonymMapper).train(data)
    loaded = build(EntitySynonymMapper, load=True)
    assert isinstance(loaded, EntitySynonymMapper)
    return loaded.synonyms


def mapped(build: Any, value: Any) -> dict[str, Any]:
    message = annotated("x", value)
    messages = [message, Message({"text": "no entities"})]
    assert build(EntitySynonymMapper, load=True).process(messages) is messages
    entity: dict[str, Any] = message.data["entities"][0]
    return entity


def test_variants_and_values_are_learnt(build: Any) -> None:
    assert learnt(build, NYC="New York") == {"nyc": "New York", "new york": "New York"}


def test_annotated_values_are_learnt(build: Any) -> None:
    assert learnt(build, ("Roma", "Rome"), ("4", 4)) == {"roma": "Rome", "rome": "Rome", "4": "4"}


def test_the_first_spelling_of_a_value_stands_for_all(build: Any) -> None:
    assert learnt(build, ("NYC", "NYC"), ("nyc", "nyc")) == {"nyc": "NYC"}


def test_of_two_definitions_the_later_holds_and_it_is_told(
    build: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert learnt(build, ("nyc", "b"), nyc="a") == {"nyc": "b", "a": "a", "b": "b"}
    assert "'nyc' is defined as 'a' and as 'b'" in caplog.text


def test_a_value_that_stands_for_itself_overrides_no_definition(
    build: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert learnt(build, ("nyc", "New York"), ("nyc", "nyc"))["nyc"] == "New York"
    assert caplog.text == ""


def test_a_value_is_replaced_whatever_its_case(build: Any) -> None:
    learnt(build, nyc="New York")
    entity = mapped(build, "NyC")
    assert entity["value"] == "New York"
    assert entity["processors"] == ["EntitySynonymMapper"]


def test_a_known_value_that_stays_names_the_mapper_too(build: Any) -> None:
    learnt(build, nyc="New York")
    assert mapped(build, "New York")["processors"] == ["EntitySynonymMapper"]


def test_other_values_are_left_alone(build: Any) -> None:
    learnt(build, nyc="New York")
    assert mapped(build, "Oslo") == {"entity": "city", "start": 0, "end": 1, "value": "Oslo"}


def test_earlier_processors_stay_named(build: Any) -> None:
    learnt(build, nyc="New York")
    message = annotated("x", "nyc")
    message.data["entities"][0]["processors"] = ["Other"]
    build(EntitySynonymMapper, load=True).process([message])
    assert message.data["entities"][0]["processors"] == ["Other", "EntitySynonymMapper"]


def test_finetuning_keeps_what_was_known(build: Any) -> None:
    learnt(build, nyc="New York")
    tuned = build(EntitySynonymMapper, load=True, is_finetuning=True)
    tuned.train(TrainingData(synonyms={"la": "Los Angeles"}))
    assert tuned.synonyms["nyc"] == "New York"
    assert tuned.synonyms["la"] == "Los Angeles"


@pytest.mark.shared
@pytest.mark.parametrize("oracle", ["default", "relative_attention", "roles_and_groups"])
def test_processors_equal_those_of_rasa(build: Any, shared: Path, oracle: str) -> None:
    from onnlu_train.data import read_training_data

    folder = shared / "oracles" / oracle
    build(EntitySynonymMapper).train(read_training_data([folder / "train.yml"]).training_data)
    mapper = build(EntitySynonymMapper, load=True)
    parses = json.loads((folder / "parses.json").read_text())
    expected = [entity for parse in parses for entity in parse["entities"]]
    entities = [
        {key: value for key, value in entity.items() if key != "processors"} for entity in expected
    ]
    mapper.process([Message({"text": "", "entities": entities})])
    assert any("processors" in entity for entity in expected)
    assert entities == expected


def test_there_are_no_options(build: Any) -> None:
    with pytest.raises(InvalidConfigException, match="no option 'synonyms'"):
        build(EntitySynonymMapper, synonyms={})


def test_an_untrained_mapper_cannot_be_loaded(build: Any) -> None:
    with pytest.raises(ResourceNotFoundException, match="resource"):
        build(EntitySynonymMapper, load=True)


@pytest.mark.parametrize("content", [["a"], {"a": 1}, {"A": "a"}])
def test_spoilt_synonyms_are_refused(build: Any, tmp_path: Path, content: Any) -> None:
    learnt(build)
    (tmp_path / "resource/synonyms.json").write_text(json.dumps(content))
    with pytest.raises(CorruptModelException, match=r"synonyms\.json"):
        build(EntitySynonymMapper, load=True)
