"""Components and graphs that are right, for tests to spoil."""

from __future__ import annotations

from typing import Any, Self

from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphModelConfiguration,
    GraphSchema,
    ModelStorage,
    Resource,
    SchemaNode,
)
from onnlu_engine.errors import GraphSchemaValidationException
from onnlu_engine.validation import GraphInterface, validate


class Text:
    def fingerprint(self) -> str:
        return "text"


class Words(Text):
    pass


class Source:
    """What a run gives; it has no fingerprint."""


class Toy(GraphComponent):
    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        return cls()


class Reader(Toy):
    def read(self, source: Source) -> Text:
        return Text()


class Splitter(Toy):
    def split(self, text: Text) -> Words:
        return Words()


class Counter(Toy):
    @classmethod
    def required_components(cls) -> list[type[GraphComponent]]:
        return [Splitter]

    def train(self, words: Words, held_out: Words | None = None) -> Resource:
        return Resource("counter")

    def count(self, words: Words) -> Words:
        return words


class Parser(Toy):
    def parse(self, messages: list[Words]) -> list[Words]:
        return messages


INTERFACE = GraphInterface(
    train_inputs={"__source__": Source},
    predict_inputs={"__message__": list[Words]},
    nlu_output=list[Text],
)


def node(uses: Any, fn: str, constructor: str = "create", **fields: Any) -> SchemaNode:
    """Return a node; its needs are given as the field `needs`."""
    return SchemaNode(
        **{"needs": {}, "uses": uses, "constructor_name": constructor, "fn": fn, "config": {}}
        | fields
    )


def train_graph() -> dict[str, SchemaNode]:
    return {
        "read": node(Reader, "read", needs={"source": "__source__"}, is_input=True),
        "split": node(Splitter, "split", needs={"text": "read"}),
        "train_counter": node(Counter, "train", needs={"words": "split"}, is_target=True),
        "run_counter": node(
            Counter, "count", "load", needs={"words": "split", "resource": "train_counter"}
        ),
    }


def predict_graph() -> dict[str, SchemaNode]:
    return {
        "convert": node(Parser, "parse", "load", needs={"messages": "__message__"}, eager=True),
        "parse": node(Parser, "parse", "load", needs={"messages": "convert"}, eager=True),
    }


def problems(
    train: dict[str, SchemaNode] | None = None,
    predict: dict[str, SchemaNode] | None = None,
    interface: GraphInterface = INTERFACE,
    **facts: Any,
) -> list[str]:
    """Return what validation says of two graphs, by default the right ones."""
    configuration = GraphModelConfiguration(
        train_schema=GraphSchema(train_graph() if train is None else train),
        predict_schema=GraphSchema(predict_graph() if predict is None else predict),
        **{"nlu_target": "parse"} | facts,
    )
    try:
        validate(configuration, interface)
    except GraphSchemaValidationException as error:
        return str(error).splitlines()
    return []


def problem(train: dict[str, SchemaNode] | None = None, **others: Any) -> str:
    """Return the one problem there is."""
    (found,) = problems(train, **others)
    return found


def with_node(**nodes: SchemaNode) -> dict[str, SchemaNode]:
    """Return the train graph with further nodes."""
    return {**train_graph(), **nodes}


def with_other(
    uses: type, fn: str = "run", constructor: str = "create", **fields: Any
) -> dict[str, SchemaNode]:
    """Return the right graph with one more node."""
    return with_node(other=node(uses, fn, constructor, **fields))
