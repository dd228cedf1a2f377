"""Which nodes have to run, of the graph alone."""

from __future__ import annotations

import pytest

from onnlu_engine import GraphSchema
from onnlu_engine.training import Action
from onnlu_engine.training.pruning import actions

from .graphs import Upper, node


@pytest.mark.behaviour("2.5/3")
def test_a_stack_of_diamonds_is_decided_node_by_node() -> None:
    nodes = {"n0": node(Upper, "process")}
    for level in range(1, 200):
        above = f"n{level - 1}"
        nodes[f"left{level}"] = node(Upper, "process", words=above)
        nodes[f"right{level}"] = node(Upper, "process", words=above)
        nodes[f"n{level}"] = node(Upper, "process", a=f"left{level}", b=f"right{level}")
    nodes["n199"].is_target = True
    schema = GraphSchema(nodes)
    assert set(actions(schema, restorable=(), inputs=()).values()) == {Action.RUNS}
    decided = actions(schema, restorable={"left100", "right100", "left5"}, inputs=())
    assert [decided[name] for name in ("n100", "left100", "right100", "n99", "left5", "n0")] == [
        Action.RUNS,
        Action.RESTORED,
        Action.RESTORED,
        Action.PRUNED,
        Action.PRUNED,
        Action.PRUNED,
    ]
