"""What a component says that it does not read does not shape what it learns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu.message import Message
from onnlu.training_data import (
    EXAMPLES,
    LOOKUP_TABLES,
    REGEXES,
    RESPONSES,
    RETRIEVAL_EXAMPLES,
    SYNONYMS,
    LookupTable,
    Regex,
    TrainingData,
)
from onnlu_engine import ExecutionContext, GraphComponent, LocalModelStorage, Resource
from onnlu_engine.node import merged_config
from onnlu_engine.registry import ComponentRegistry
from onnlu_engine.schema import GraphSchema

PARTS = {EXAMPLES, RETRIEVAL_EXAMPLES, RESPONSES, SYNONYMS, REGEXES, LOOKUP_TABLES}
REGISTRY = ComponentRegistry()
LEARNERS = [
    name
    for name in REGISTRY.names()
    if hasattr(REGISTRY.resolve(name), "train")
    and REGISTRY.resolve(name).__module__.startswith("onnlu.")
]


def data(changed: set[str]) -> TrainingData:
    """Return training data with some of its parts changed."""

    def one(part: str, before: Any, after: Any) -> Any:
        return after if part in changed else before

    city = {"entity": "city", "start": 3, "end": 7, "value": "Oslo"}
    town = {"entity": "town", "start": 3, "end": 7, "value": "Rome"}
    response = one(RETRIEVAL_EXAMPLES, "A program.", "It is me.")
    messages = [
        one(
            EXAMPLES,
            Message({"text": "to oslo", "intent": "travel", "entities": [city]}),
            Message({"text": "to Rome", "intent": "leave", "entities": [town]}),
        ),
        Message(
            {
                "text": "who are you",
                "intent": "faq",
                "intent_response_key": one(RETRIEVAL_EXAMPLES, "faq/name", "faq/you"),
                "response": response,
            }
        ),
    ]
    tokenizer = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())
    return tokenizer.process_training_data(
        TrainingData(
            messages,
            one(SYNONYMS, {"nyc": "New York"}, {"la": "Los Angeles"}),
            [Regex("city", one(REGEXES, "[a-z]+", "[0-9]+"))],
            [LookupTable("city", one(LOOKUP_TABLES, ("oslo",), ("rome",)))],
            one(RESPONSES, {"faq/name": [{"text": "A"}]}, {"faq/name": [{"text": "B"}]}),
        )
    )


def learnt(component: type[GraphComponent], folder: Path, changed: set[str]) -> str:
    """Return the fingerprint of what a component persists."""
    folder.mkdir()
    config = {"file": str(folder.parent / "v.txt")} if component.__name__ == VECTORS else {}
    storage, resource = LocalModelStorage(folder), Resource("train")
    context = ExecutionContext(GraphSchema({}), node_name="train")
    built: Any = component.create(merged_config(component, config), storage, resource, context)
    built.train(data(changed))
    return resource.content_fingerprint(storage)


VECTORS = "WordVectorsFeaturizer"


def test_the_parts_differ_as_they_are_changed() -> None:
    before = data(set()).fingerprint_parts()
    for part in PARTS:
        after = data({part}).fingerprint_parts()
        assert {name for name in PARTS if before[name] != after[name]} == {part}


@pytest.mark.parametrize("name", LEARNERS)
def test_parts_that_are_not_read_do_not_count(name: str, tmp_path: Path) -> None:
    (tmp_path / "v.txt").write_text("hello 1 2\n")
    component = REGISTRY.resolve(name)
    read = component.parts_read("train", merged_config(component, {}))
    assert read is not None
    assert component.parts_read("process_training_data", {}) is None
    before = learnt(component, tmp_path / "before", set())
    assert learnt(component, tmp_path / "rest", PARTS - set(read)) == before
    for part in read:
        assert learnt(component, tmp_path / part.replace(" ", "_"), {part}) != before, part
