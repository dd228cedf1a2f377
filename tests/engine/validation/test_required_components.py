"""Rule 12: what a component requires stands before it."""

from __future__ import annotations

import pytest

from onnlu_engine import GraphComponent

from .toys import Counter, Reader, Splitter, node, problem, problems, train_graph, with_node


class CarefulSplitter(Splitter):
    pass


class Demanding(Counter):
    @classmethod
    def required_components(cls) -> list[type[GraphComponent]]:
        return [CarefulSplitter, Reader, Demanding]


@pytest.mark.behaviour("2.6/12", "1.5/1")
def test_a_component_that_is_required_stands_anywhere_before() -> None:
    graph = with_node(
        far=node(Counter, "count", needs={"words": "run_counter"}),
        careful=node(CarefulSplitter, "split", needs={"text": "read"}),
        after_a_subclass=node(Counter, "count", needs={"words": "careful"}),
    )
    assert problems(graph) == []


@pytest.mark.behaviour("2.6/12", "1.5/1")
def test_all_that_is_missing_is_named_with_what_there_is_of_it() -> None:
    graph = with_node(
        careful=node(CarefulSplitter, "split", needs={"text": "read"}),
        demanding=node(Demanding, "count", needs={"words": "split"}),
    )
    place = "train graph, node 'demanding': Demanding requires"
    remedy = "before it, and no ancestor of the node is one."
    assert problems(graph) == [
        f"{place} CarefulSplitter {remedy} Let the node follow 'careful'.",
        f"{place} Demanding {remedy} Add one.",
    ]


@pytest.mark.behaviour("2.6/12")
def test_a_component_is_not_required_of_itself_alone() -> None:
    """Another node has to come before it; the two of a cycle do, which is told as one."""
    one = node(Demanding, "count", needs={"words": "split"})
    (found,) = [line for line in problems(with_node(one=one)) if "requires Demanding" in line]
    assert found.endswith("no ancestor of the node is one. Add one.")
    other = node(Demanding, "count", needs={"words": "one"})
    two = problems(with_node(one=one, other=other))
    assert [line[:30] for line in two if "requires Demanding" in line] == [found[:30]]
    one.needs["words"] = "other"
    cycle = problems(with_node(one=one, other=other))
    assert not any("requires Demanding" in line for line in cycle)
    assert any("in a cycle: one -> other -> one" in line for line in cycle)


def test_who_stands_after_a_missing_parent_is_not_blamed_for_what_it_lacks() -> None:
    graph = train_graph()
    graph["split"].needs["text"] = "raed"
    graph["run_counter"].needs["words"] = graph["train_counter"].needs["words"] = "splti"
    assert all("there is no such node" in line for line in problems(graph))
    graph = train_graph()
    del graph["run_counter"].needs["words"]
    assert "requires it, and gets no parent's output" in problem(graph)
