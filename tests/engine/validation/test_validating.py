"""Both graphs at once."""

from __future__ import annotations

import sys

import pytest

from onnlu_engine import GraphModelConfiguration, GraphSchema
from onnlu_engine.errors import GraphSchemaException, GraphSchemaValidationException
from onnlu_engine.validation import GraphInterface, validate

from .toys import INTERFACE, Counter, Toy, Words, node, predict_graph, problems, train_graph


class Joiner(Toy):
    def join(self, one: Words, other: Words) -> Words:
        return one


@pytest.mark.behaviour("1.10/4")
def test_all_problems_of_both_graphs_come_at_once_node_by_node() -> None:
    train, predict = train_graph(), predict_graph()
    train["loop"] = node(Counter, "count", needs={"words": "loop", "wrds": "split"})
    train["read"].needs["source"] = "__sauce__"
    train["train_counter"].needs = {"words": "read", "held_out": "splitt"}
    train["run_counter"].fn = "cuont"
    predict["parse"].constructor_name = "laod"
    found = problems(train, predict, nlu_target="pasre")
    assert [line.split(":")[0] for line in found] == [
        "train graph",
        "train graph, node 'read', parameter 'source'",
        "train graph, node 'train_counter', parameter 'held_out'",
        "train graph, node 'train_counter', parameter 'words'",
        "train graph, node 'run_counter'",
        "train graph, node 'loop', parameter 'wrds'",
        "predict graph, node 'parse'",
        "predict graph",
    ]


@pytest.mark.behaviour("1.10/4")
def test_the_error_is_one_of_schemas() -> None:
    configuration = GraphModelConfiguration(GraphSchema({}), GraphSchema({}))
    with pytest.raises(GraphSchemaException) as raised:
        validate(configuration, GraphInterface())
    assert type(raised.value) is GraphSchemaValidationException
    assert raised.value.exit_code == 3


def test_nothing_is_built_or_run() -> None:
    class Fragile(Counter):
        def __init__(self) -> None:
            raise AssertionError("validation builds no component")

    train = train_graph()
    train["train_counter"].uses = train["run_counter"].uses = Fragile
    assert problems(train) == []


def test_an_interface_without_types_leaves_them_open() -> None:
    anything = GraphInterface({"__source__": object}, {"__message__": list}, list)
    assert len(problems(interface=anything)) == 1  # the reader wants a Source
    assert problems(interface=INTERFACE) == []


def test_serving_does_not_import_the_validation() -> None:
    import subprocess

    code = "import sys, onnlu; onnlu.load; assert 'onnlu_engine.validation' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_many_diamonds_one_below_the_other_are_cheap_and_deep_is_no_limit() -> None:
    """2 to the power of 3,000 paths, 3,000 nodes deep, and what is wrong at the end is found."""
    graph = {}
    last = "__words__"
    for number in range(3_000):
        needs = {"one": last, "other": last}
        last = f"node{number}"
        graph[last] = node(Joiner, "join", needs=needs)
    interface = GraphInterface({"__words__": Words}, INTERFACE.predict_inputs, list[Words])
    assert problems(graph, interface=interface) == []
    graph["end"] = node(Counter, "train", needs={"words": last})
    assert problems(graph, interface=interface) == [
        "train graph, node 'end': Counter requires Splitter before it, and no ancestor of the node "
        "is one. Add one."
    ]
    graph["node0"].needs["one"] = "end"
    assert sum("cycle" in line for line in problems(graph, interface=interface)) == 1
