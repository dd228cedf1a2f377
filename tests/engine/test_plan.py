"""The order in which nodes run, and what a run takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_engine import GraphComponent, GraphSchema, SchemaNode
from onnlu_engine.errors import GraphSchemaException
from onnlu_engine.plan import make_plan, topological_order


def graph(**parents: list[str]) -> GraphSchema:
    return GraphSchema(
        {
            name: SchemaNode(
                {f"p{i}": parent for i, parent in enumerate(names)}, GraphComponent, "", "", {}
            )
            for name, names in parents.items()
        }
    )


def test_parents_come_first_and_the_rest_keeps_its_order() -> None:
    schema = graph(c=["a", "b"], b=["__message__"], a=[], d=["c"])
    assert topological_order(schema) == ["a", "b", "c", "d"]
    assert topological_order(graph(b=[], a=["b"], c=["b"])) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("parents", "cycle"),
    [
        ({"a": ["a"]}, "a -> a"),
        ({"a": ["b"], "b": ["a"]}, "a -> b -> a"),
        ({"x": [], "a": ["x", "b"], "b": ["c"], "c": ["x", "a"]}, "a -> b -> c -> a"),
        ({"start": ["a"], "a": ["b"], "b": ["a"]}, "a -> b -> a"),
    ],
)
def test_a_cycle_is_shown(parents: dict[str, list[str]], cycle: str) -> None:
    """2.1, 2.6 rule 1: also where no target reaches it."""
    with pytest.raises(GraphSchemaException) as raised:
        topological_order(graph(**parents))
    assert f": {cycle} (" in str(raised.value)


def test_a_parent_that_does_not_exist_comes_with_the_nearest_name() -> None:
    """2.6 rule 1."""
    with pytest.raises(GraphSchemaException, match=r"'b'.*'tokenise'.*'p0'.*mean 'tokenize'"):
        topological_order(graph(tokenize=[], b=["tokenise"]))


@given(st.data())
def test_any_acyclic_graph_is_ordered(data: st.DataObject) -> None:
    size = data.draw(st.integers(0, 12))
    names = data.draw(st.permutations([f"n{i}" for i in range(size)]))
    rank = {name: i for i, name in enumerate(names)}
    parents = {
        f"n{i}": data.draw(
            st.lists(st.sampled_from([n for n in names if rank[n] < rank[f"n{i}"]] or ["__m__"]))
        )
        for i in range(size)
    }
    order = topological_order(graph(**parents))
    assert sorted(order) == sorted(parents)
    for name, needed in parents.items():
        assert all(order.index(p) < order.index(name) for p in needed if p in parents)


def test_a_plan_drops_each_output_after_its_last_reader_unless_it_is_a_target() -> None:
    schema = graph(a=["__m__"], b=["a", "a"], c=["a", "b"], d=["b", "c"], unneeded=["a"])
    plan = make_plan(schema, topological_order(schema), ("d", "b"))
    assert {step.name: step.drops for step in plan.steps} == {
        "a": ("__m__",),
        "b": (),
        "c": ("a",),
        "d": ("c",),
    }
    assert plan.placeholders == (("__m__", "a", "p0"),)
