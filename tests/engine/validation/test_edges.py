"""Rule 11: what a parent returns fits the parameter that it fills."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pytest

from onnlu_engine.validation import GraphInterface

from .toys import (
    INTERFACE,
    Counter,
    Source,
    Splitter,
    Text,
    Toy,
    Words,
    node,
    predict_graph,
    problem,
    problems,
    train_graph,
    with_node,
)


@pytest.mark.behaviour("2.6/11")
def test_a_parent_of_another_type_comes_with_those_that_fit_the_nearest_name_first() -> None:
    graph = train_graph()
    graph["run_counter"].needs["words"] = "train_counter"
    assert problem(graph) == (
        "train graph, node 'run_counter', parameter 'words': Counter.count takes Words, and "
        "'train_counter' gives Resource. Take Words from 'split'."
    )
    for name in ("a", "b", "c", "run_kounter"):
        graph[name] = node(Counter, "count", needs={"words": "split"})
    assert problem(graph).endswith("Take Words from 'run_kounter' or 'split' or 'c' or another 2.")


@pytest.mark.behaviour("2.6/11")
def test_a_subclass_fits() -> None:
    assert problems(with_node(again=node(Splitter, "split", needs={"text": "split"}))) == []


@pytest.mark.behaviour("2.6/11", "1.10/5")
def test_placeholders_have_types() -> None:
    graph = train_graph()
    graph["split"].needs["text"] = "__source__"
    assert problem(graph) == (
        "train graph, node 'split', parameter 'text': Splitter.split takes Text, and '__source__' "
        "gives Source. Take Text from 'read'."
    )
    messages = GraphInterface(INTERFACE.train_inputs, {"__message__": list[Source]}, list[Text])
    assert problem(interface=messages) == (
        "predict graph, node 'convert', parameter 'messages': Parser.parse takes list[Words], and "
        "'__message__' gives list[Source]. Add a node before it that gives list[Words]."
    )


@pytest.mark.behaviour("2.6/11")
def test_the_constructor_of_a_lazy_node_is_typed_too() -> None:
    graph = train_graph()
    graph["run_counter"].needs["resource"] = "split"
    assert problem(graph).startswith(
        "train graph, node 'run_counter', parameter 'resource': Counter.load takes Resource, and "
        "'split' gives Words. "
    )


@pytest.mark.behaviour("2.6/11")
def test_where_nothing_fits_it_says_so() -> None:
    class Lonely(Toy):
        def run(self, number: int) -> Text:
            return Text()

    assert problem(with_node(lonely=node(Lonely, "run", needs={"number": "read"}))).endswith(
        "takes int, and 'read' gives Text. Add a node before it that gives int."
    )


@pytest.mark.behaviour("2.6/11")
def test_types_of_one_name_are_told_apart_by_their_modules() -> None:
    class Text:
        pass

    class Namesake(Toy):
        def run(self, text) -> Words:  # type: ignore[no-untyped-def]
            return Words()

    Namesake.run.__annotations__["text"] = Text
    found = problem(with_node(namesake=node(Namesake, "run", needs={"text": "read"})))
    assert re.search(r"takes [\w.]+<locals>\.Text, and 'read' gives [\w.]+\.toys\.Text\.", found)


class Many(Toy):
    def texts(self) -> list[Words]:
        return []

    def sequence(self, texts: Sequence[Text]) -> Text:
        return texts[0]

    def optional(self, texts: Text | None) -> Text:
        return texts or Text()

    def either(self, texts: Words | Iterable[Text]) -> Text:
        return Text()

    def unknown(self, texts) -> Text:  # type: ignore[no-untyped-def]
        return Text()

    def perhaps(self) -> Text | None:
        return None


@pytest.mark.behaviour("2.6/11")
@pytest.mark.parametrize(
    ("fn", "parent", "fits"),
    [
        ("sequence", "texts", True),
        ("sequence", "read", False),
        ("optional", "read", True),
        ("optional", "texts", False),
        ("either", "texts", True),
        ("either", "split", True),
        ("either", "read", False),
        ("unknown", "texts", True),
    ],
)
def test_generics_unions_and_what_is_not_annotated(fn: str, parent: str, fits: bool) -> None:
    graph = with_node(
        texts=node(Many, "texts"), other=node(Many, fn, needs={"texts": parent}, is_target=True)
    )
    assert (problems(graph) == []) == fits


@pytest.mark.behaviour("2.6/11")
def test_what_may_be_none_does_not_fit_what_must_not() -> None:
    graph = {
        **predict_graph(),
        "perhaps": node(Many, "perhaps"),
        "split": node(Splitter, "split", needs={"text": "perhaps"}),
    }
    assert problem(predict=graph) == (
        "predict graph, node 'split', parameter 'text': Splitter.split takes Text, and 'perhaps' "
        "gives Text | None. Add a node before it that gives Text."
    )


def test_a_parent_with_a_problem_of_its_own_is_blamed_once() -> None:
    graph = train_graph()
    graph["read"].fn = "raed"
    assert problem(graph).endswith("Reader has no method 'raed'. Did you mean 'read'?")
