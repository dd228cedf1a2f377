"""What a component that learns by TensorFlow says that it does not read does not shape a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onnlu.components.count_vectors_featurizer import CountVectorsFeaturizer
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
from onnlu_train.components.tensorflow_component import TensorFlowComponent

PARTS = {EXAMPLES, RETRIEVAL_EXAMPLES, RESPONSES, SYNONYMS, REGEXES, LOOKUP_TABLES}
REGISTRY = ComponentRegistry()
LEARNERS = [
    name for name in REGISTRY.names() if issubclass(REGISTRY.resolve(name), TensorFlowComponent)
]
SMALL = {
    "epochs": 1,
    "random_seed": 7,
    "constrain_similarities": True,
    "number_of_transformer_layers": 0,
    "hidden_layers_sizes": {"text": [4], "label": [4]},
    "dense_dimension": {"text": 4, "label": 4},
    "embedding_dimension": 4,
}
QUESTIONS = ["who are you", "your name", "are you oslo", "is your name oslo"]


def data(changed: set[str], folder: Path) -> TrainingData:
    """Return featurized training data with some of its parts changed."""

    def one(part: str, before: Any, after: Any) -> Any:
        return after if part in changed else before

    # A response that a single example has: that example cannot be held out.
    keys = one(RETRIEVAL_EXAMPLES, ["a", "a", "b", "b"], ["a", "b", "c", "d"])
    questions = [
        Message({"text": text, "intent": "faq", "intent_response_key": f"faq/{key}"})
        for text, key in zip(QUESTIONS, keys, strict=True)
    ]
    # The words stay, so that the features of the questions do.
    texts = one(EXAMPLES, ["to oslo", "hello", "hello you", "to you"], ["hello oslo", "to to"])
    plans = [Message({"text": text, "intent": "travel"}) for text in texts]
    responses = {f"faq/{key}": [{"text": f"It is {key}"}] for key in "abcd"}
    given = TrainingData(
        [*questions, *plans],
        one(SYNONYMS, {"nyc": "New York"}, {"la": "Los Angeles"}),
        [Regex("city", one(REGEXES, "[a-z]+", "[0-9]+"))],
        [LookupTable("city", one(LOOKUP_TABLES, ("oslo",), ("rome",)))],
        one(RESPONSES, responses, {key: [{"text": "Else"}] for key in responses}),
    )
    tokenizer = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())
    return featurized(tokenizer.process_training_data(given), folder)


def featurized(given: TrainingData, folder: Path) -> TrainingData:
    storage, resource = LocalModelStorage(folder), Resource("counts")
    context = ExecutionContext(GraphSchema({}), node_name="counts")
    config = merged_config(CountVectorsFeaturizer, {})
    featurizer = CountVectorsFeaturizer.create(config, storage, resource, context)
    featurizer.train(given)
    return featurizer.process_training_data(given)


def learnt(
    component: type[GraphComponent], config: dict[str, Any], folder: Path, changed: set[str]
) -> str:
    """Return the fingerprint of what a component persists."""
    folder.mkdir()
    storage, resource = LocalModelStorage(folder), Resource("train")
    context = ExecutionContext(GraphSchema({}), node_name="train")
    built: Any = component.create(config, storage, resource, context)
    built.train(data(changed, folder))
    return resource.content_fingerprint(storage)


def test_the_parts_differ_as_they_are_changed(tmp_path: Path) -> None:
    def parts(changed: set[str]) -> dict[str, str]:
        folder = tmp_path / "-".join(changed or {"before"}).replace(" ", "_")
        folder.mkdir()
        return data(changed, folder).fingerprint_parts()

    before = parts(set())
    for part in PARTS:
        after = parts({part})
        assert {name for name in PARTS if before[name] != after[name]} == {part}


@pytest.mark.parametrize("held_out", [0, 2])
@pytest.mark.parametrize("name", LEARNERS)
def test_parts_that_are_not_read_do_not_count(name: str, held_out: int, tmp_path: Path) -> None:
    component = REGISTRY.resolve(name)
    options = {**SMALL, "evaluate_on_number_of_examples": held_out}
    config = merged_config(component, options)
    read = component.parts_read("train", config)
    assert read is not None
    before = learnt(component, config, tmp_path / "before", set())
    assert learnt(component, config, tmp_path / "again", set()) == before
    assert learnt(component, config, tmp_path / "rest", PARTS - set(read)) == before
    for part in read:
        changed = learnt(component, config, tmp_path / part.replace(" ", "_"), {part})
        assert changed != before, part
