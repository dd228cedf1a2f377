"""Graphs that are right pass and run; one thing wrong in them is always found."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphModelConfiguration,
    GraphSchema,
    LocalModelStorage,
    ModelStorage,
    Resource,
    SchemaNode,
    SequentialGraphRunner,
)
from onnlu_engine.errors import GraphSchemaValidationException
from onnlu_engine.validation import GraphInterface, validate


class Text:
    def fingerprint(self) -> str:
        return type(self).__name__


class Words(Text):
    pass


class Count:
    def fingerprint(self) -> str:
        return "count"


class Source:
    pass


class Worker(GraphComponent):
    """Each method checks what it is given."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        return cls()

    def read(self, source: Source) -> Text:
        assert isinstance(source, Source)
        return Text()

    def split(self, text: Text) -> Words:
        assert isinstance(text, Text)
        return Words()

    def count(self, words: Words, known: Count | None = None) -> Count:
        assert isinstance(words, Words)
        assert isinstance(known, Count | None)
        return Count()

    def gather(self, one: Text, other: Text) -> list[Words]:
        assert isinstance(one, Text)
        assert isinstance(other, Text)
        return [Words()]

    def join(self, texts: Sequence[Text], count: Count) -> Text:
        assert all(isinstance(text, Text) for text in texts)
        assert isinstance(count, Count)
        return texts[0]

    def answer(self, messages: list[Text]) -> list[Text]:
        return messages


class Method(NamedTuple):
    """What a method is given and gives, in words of its own: the oracle of the types."""

    required: dict[str, set[str]]
    optional: dict[str, set[str]]
    gives: str

    @property
    def takes(self) -> dict[str, set[str]]:
        return self.required | self.optional


METHODS: Final = {
    "read": Method({"source": {"source"}}, {}, "text"),
    "split": Method({"text": {"text", "words"}}, {}, "words"),
    "count": Method({"words": {"words"}}, {"known": {"count"}}, "count"),
    "gather": Method({"one": {"text", "words"}, "other": {"text", "words"}}, {}, "list of words"),
    "join": Method({"texts": {"list of words"}, "count": {"count"}}, {}, "text"),
}
INPUTS: Final = {"__source__": Source(), "__words__": Words()}
INPUT_KINDS: Final = {"__source__": "source", "__words__": "words"}
INTERFACE: Final = GraphInterface(
    {"__source__": Source, "__words__": Words}, {"__message__": list[Text]}, list[Text]
)


def kinds(nodes: dict[str, SchemaNode]) -> dict[str, str]:
    """Return what every parent gives."""
    return INPUT_KINDS | {name: METHODS[node.fn].gives for name, node in nodes.items()}


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, SchemaNode]:
    """Draw the nodes of an acyclic graph whose types fit, in any order."""
    nodes: dict[str, SchemaNode] = {}
    for number in range(draw(st.integers(1, 10))):
        given_by = kinds(nodes)
        parents = {
            (fn, parameter): [name for name, kind in given_by.items() if kind in accepted]
            for fn, method in METHODS.items()
            for parameter, accepted in method.takes.items()
        }
        possible = [fn for fn in METHODS if all(parents[fn, p] for p in METHODS[fn].required)]
        fn = draw(st.sampled_from(possible))
        needs = {p: draw(st.sampled_from(parents[fn, p])) for p in METHODS[fn].required}
        for parameter in METHODS[fn].optional:
            if parents[fn, parameter] and draw(st.booleans()):
                needs[parameter] = draw(st.sampled_from(parents[fn, parameter]))
        nodes[f"node{number}"] = SchemaNode(
            needs,
            Worker,
            draw(st.sampled_from(["create", "load"])),
            fn,
            {},
            eager=draw(st.booleans()),
            is_target=draw(st.booleans()),
        )
    return {name: nodes[name] for name in draw(st.permutations(list(nodes)))}


def problems(nodes: dict[str, SchemaNode]) -> list[str]:
    answer = SchemaNode({"messages": "__message__"}, Worker, "load", "answer", {}, eager=True)
    configuration = GraphModelConfiguration(
        GraphSchema(nodes), GraphSchema({"answer": answer}), nlu_target="answer"
    )
    try:
        validate(configuration, INTERFACE)
    except GraphSchemaValidationException as error:
        return str(error).splitlines()
    return []


@pytest.mark.behaviour("2.6/1", "2.6/8", "2.6/10", "2.6/11")
@given(graphs())
def test_a_graph_whose_types_fit_passes_is_left_alone_and_runs(
    nodes: dict[str, SchemaNode],
) -> None:
    before = copy.deepcopy(nodes)
    assert problems(nodes) == []
    assert nodes == before
    schema = GraphSchema(nodes)
    storage = LocalModelStorage(Path("unused"), read_only=True)
    runner = SequentialGraphRunner.create(schema, storage, ExecutionContext(schema))
    assert runner.run(INPUTS, list(nodes)).keys() == nodes.keys()


def drawn_need(data: st.DataObject, nodes: dict[str, SchemaNode]) -> tuple[str, str]:
    """Return a node, and one of its parameters that has a parent."""
    needs = [(name, parameter) for name, node in nodes.items() for parameter in node.needs]
    return data.draw(st.sampled_from(needs))


@pytest.mark.behaviour("2.6/1")
@given(graphs(), st.data())
def test_a_need_of_a_missing_node_is_found(
    nodes: dict[str, SchemaNode], data: st.DataObject
) -> None:
    name, parameter = drawn_need(data, nodes)
    missing = data.draw(st.sampled_from(["nodeX", "__nothing__", "", "answer"]))
    nodes[name].needs[parameter] = missing
    (found,) = problems(nodes)
    assert f"train graph, node '{name}', parameter '{parameter}': needs '{missing}', and" in found


@pytest.mark.behaviour("2.6/8")
@given(graphs(), st.data())
def test_a_need_that_was_removed_is_found(
    nodes: dict[str, SchemaNode], data: st.DataObject
) -> None:
    name, parameter = drawn_need(data, nodes)
    assume(parameter in METHODS[nodes[name].fn].required)
    del nodes[name].needs[parameter]
    (found,) = problems(nodes)
    assert found.startswith(f"train graph, node '{name}', parameter '{parameter}': ")
    assert "requires it" in found


@pytest.mark.behaviour("2.6/10")
@given(graphs(), st.data())
def test_a_need_of_another_name_is_found(nodes: dict[str, SchemaNode], data: st.DataObject) -> None:
    name, parameter = drawn_need(data, nodes)
    nodes[name].needs[parameter + "s"] = nodes[name].needs.pop(parameter)
    assert any(
        line.startswith(f"train graph, node '{name}', parameter '{parameter}s': ")
        and line.endswith(f"Did you mean '{parameter}'?")
        for line in problems(nodes)
    )


@pytest.mark.behaviour("2.6/11")
@given(graphs(), st.data())
def test_a_parent_of_another_type_is_found(
    nodes: dict[str, SchemaNode], data: st.DataObject
) -> None:
    name, parameter = drawn_need(data, nodes)
    accepted = METHODS[nodes[name].fn].takes[parameter]
    order = sorted(nodes)  # the later ones may need the earlier ones
    wrong = [
        parent
        for parent, kind in kinds(nodes).items()
        if kind not in accepted and (parent in INPUTS or order.index(parent) < order.index(name))
    ]
    parent = data.draw(st.sampled_from(wrong or [""]))
    assume(parent)
    nodes[name].needs[parameter] = parent
    (found,) = problems(nodes)
    assert found.startswith(f"train graph, node '{name}', parameter '{parameter}': Worker.")
    assert f", and '{parent}' gives " in found


@pytest.mark.behaviour("2.6/1")
@given(graphs(), st.data())
def test_a_cycle_is_found(nodes: dict[str, SchemaNode], data: st.DataObject) -> None:
    name, parameter = drawn_need(data, nodes)
    later = {name}
    for _ in nodes:
        later |= {other for other, node in nodes.items() if later & {*node.needs.values()}}
    parent = data.draw(st.sampled_from(sorted(later)))
    nodes[name].needs[parameter] = parent
    cycles = [line for line in problems(nodes) if "cycle" in line]
    assert cycles
    for line in cycles:
        cycle = line.split(": ")[2].split(" (")[0].split(" -> ")
        assert cycle[0] == cycle[-1]
        assert name in cycle
        assert all(b in nodes[a].needs.values() for a, b in itertools.pairwise(cycle))
