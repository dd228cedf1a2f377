"""Training data that several nodes read: what one makes of them, no other sees."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import pytest

from onnlu.components.count_vectors_featurizer import CountVectorsFeaturizer
from onnlu.components.whitespace_tokenizer import WhitespaceTokenizer
from onnlu.message import Message
from onnlu.training_data import LookupTable, Regex, TrainingData
from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphSchema,
    LocalModelStorage,
    ModelStorage,
    Resource,
    SchemaNode,
    SequentialGraphRunner,
)
from onnlu_engine.registry import ComponentRegistry

REGISTRY: Final = ComponentRegistry()


def processors() -> list[type[GraphComponent]]:
    """Return every registered component that works on training data."""
    components = map(REGISTRY.resolve, REGISTRY.names())
    return [one for one in components if hasattr(one, "process_training_data")]


def tokenized() -> TrainingData:
    entity = {"entity": "city", "value": "oslo", "start": 3, "end": 7}
    messages = [
        Message({"text": "to oslo", "intent": "travel", "entities": [entity]}),
        Message(
            {
                "text": "who are you",
                "intent": "faq",
                "intent_response_key": "faq/name",
                "response": "I am 1 bot.",
            }
        ),
    ]
    data = TrainingData(messages, {}, [Regex("n", "[0-9]+")], [LookupTable("city", ("oslo",))])
    return WhitespaceTokenizer(WhitespaceTokenizer.get_default_config()).process_training_data(data)


def built(component: Any, folder: Path, data: TrainingData) -> Any:
    """Train a component, if it can be, and return it as a train graph loads it."""
    config: dict[str, Any] = component.get_default_config()
    if config.get("file", "") is None:  # of word vectors
        config["file"] = str(folder / "vectors.txt")
        Path(config["file"]).write_text("oslo 1 2\nwho 3 4\n", encoding="utf-8")
    storage, resource = LocalModelStorage(folder), Resource("learnt")
    arguments = (config, storage, resource, ExecutionContext(GraphSchema({}), node_name="node"))
    if hasattr(component, "train"):
        component.create(*arguments).train(data)
    return component.load(*arguments)


@pytest.mark.parametrize("component", processors(), ids=lambda component: component.__name__)
def test_a_component_leaves_the_training_data_as_they_were(
    component: type[GraphComponent], tmp_path: Path
) -> None:
    data = tokenized()
    if component is WhitespaceTokenizer:
        data = data.unprocessed()
    processor = built(component, tmp_path, data)
    before = data.fingerprint()
    processed = processor.process_training_data(data)
    assert data.fingerprint() == before
    assert processed.fingerprint() != before


def test_a_copy_shares_no_message_but_what_is_in_it() -> None:
    data = tokenized()
    copied = data.copy()
    assert copied.fingerprint() == data.fingerprint()
    for ours, theirs in zip(copied.examples, data.examples, strict=True):
        assert ours.tokens["text"] is theirs.tokens["text"]
        ours.set("intent", "other")
        ours.tokens["text"] = []
        ours.features.append("a matrix")  # type: ignore[arg-type]  # whatever is added
    assert data.fingerprint() == tokenized().fingerprint()


class Source(GraphComponent):
    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        return cls()

    def provide(self) -> TrainingData:
        return tokenized()


class Join(Source):
    def join(self, one: TrainingData, other: TrainingData) -> Mapping[str, list[str]]:
        return {
            name: sorted({f.origin for message in data.examples for f in message.features})
            for name, data in (("one", one), ("other", other))
        }


def test_the_branches_of_a_graph_have_features_of_their_own(tmp_path: Path) -> None:
    def node(uses: Any, fn: str, constructor: str = "create", **needs: str) -> SchemaNode:
        return SchemaNode(needs, uses, constructor, fn, {}, is_target=fn == "join")

    run, counts = "process_training_data", CountVectorsFeaturizer
    schema = GraphSchema(
        {
            "data": node(Source, "provide"),
            "learnt": node(counts, "train", training_data="data"),
            "left": node(counts, run, "load", training_data="data", resource="learnt"),
            "right": node(counts, run, "load", training_data="data", resource="learnt"),
            "join": node(Join, "join", one="left", other="right"),
        }
    )
    context = ExecutionContext(schema)
    runner = SequentialGraphRunner(schema, LocalModelStorage(tmp_path), context)
    assert runner.run() == {"join": {"one": ["left"], "other": ["right"]}}
