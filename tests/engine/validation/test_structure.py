"""Rules 1 and 2: needs have parents, nothing needs itself, nodes are components."""

from __future__ import annotations

import pytest

from .toys import Counter, Reader, node, predict_graph, problem, problems, train_graph, with_node


def test_the_right_graphs_pass() -> None:
    assert problems() == []


@pytest.mark.behaviour("2.6/1")
def test_a_parent_that_does_not_exist_comes_with_the_nearest_name() -> None:
    graph = train_graph()
    graph["split"].needs["text"] = "raed"
    assert problem(graph) == (
        "train graph, node 'split', parameter 'text': needs 'raed', and there is no such node. "
        "Did you mean 'read'?"
    )


@pytest.mark.behaviour("2.6/1", "1.10/5")
def test_a_placeholder_is_a_parent_in_the_graph_that_is_given_it() -> None:
    graph = train_graph()
    graph["read"].needs["source"] = "__message__"
    assert problem(graph) == (
        "train graph, node 'read', parameter 'source': needs '__message__', and no run of the "
        "train graph gives it. Known are: __source__."
    )
    assert problems(train_graph()) == []


@pytest.mark.behaviour("2.6/1")
@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_cycle_is_shown_as_the_cycle_also_where_no_target_reaches_it(length: int) -> None:
    names = "abc"[:length]
    ring = {
        name: node(Reader, "read", needs={"source": names[(i + 1) % length]})
        for i, name in enumerate(names)
    }
    for one in ring.values():
        one.fn = "create_nothing"  # what it returns would not fit; one problem is enough
    found = problems(with_node(**ring))
    path = " -> ".join([*names, "a"])
    assert found[0] == (
        f"train graph: Nodes need each other in a cycle: {path} (each needs the next). "
        "Remove one of these needs."
    )
    assert sum("cycle" in line for line in found) == 1


@pytest.mark.behaviour("2.6/1")
def test_every_cycle_is_found() -> None:
    needs = {"a": "b", "b": "a", "c": "d", "d": "c", "e": "a"}
    loops = {n: node(Reader, "read", needs={"source": parent}) for n, parent in needs.items()}
    cycles = [line for line in problems(with_node(**loops)) if "cycle" in line]
    assert [line.split(": ")[2].split(" (")[0] for line in cycles] == ["a -> b -> a", "c -> d -> c"]


def test_a_cycle_through_two_needs_of_one_parent_is_shown_once() -> None:
    loop = node(Counter, "train", needs={"words": "loop", "held_out": "loop"})
    assert sum("cycle" in line for line in problems(with_node(loop=loop))) == 1


@pytest.mark.behaviour("2.6/2")
@pytest.mark.parametrize("uses", [int, print, "Reader"])
def test_a_node_uses_a_component(uses: object) -> None:
    found = problem(with_node(other=node(uses, "read", needs={"source": "__source__"})))
    name = getattr(uses, "__name__", repr(uses))
    assert found == (
        f"train graph, node 'other': uses {name}, which is no component. "
        "Derive the class from onnlu_engine.GraphComponent."
    )
    assert problems(with_node(other=node(Reader, "read", needs={"source": "__source__"}))) == []


def test_the_predict_graph_is_checked_as_well() -> None:
    graph = predict_graph()
    graph["parse"].needs["messages"] = "covert"
    assert problem(predict=graph) == (
        "predict graph, node 'parse', parameter 'messages': needs 'covert', and there is no such "
        "node. Did you mean 'convert'?"
    )
