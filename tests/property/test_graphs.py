"""Random acyclic graphs give what a plain recursive evaluation gives, on every runner."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphSchema,
    LocalModelStorage,
    Resource,
    SchemaNode,
    SequentialGraphRunner,
)
from onnlu_engine.dask_cluster import Cluster
from onnlu_engine.dask_runner import DaskGraphRunner

INPUTS = ("__x__", "__y__")


class Subtraction(GraphComponent):
    """Subtracts its inputs from a number of its own, so that their order counts."""

    def __init__(self, number: int) -> None:
        self.number = number

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: Any,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Subtraction:
        return cls(config["number"])

    def run(self, **inputs: list[int]) -> list[int]:
        result = self.number
        for name in sorted(inputs):
            result = 2 * result - inputs[name][0]
        return [result]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[GraphSchema, list[str]]:
    """Draw a graph, its nodes in any order, and targets."""
    nodes: dict[str, SchemaNode] = {}
    for number in range(draw(st.integers(1, 8))):
        parents = draw(st.lists(st.sampled_from([*nodes, *INPUTS]), max_size=4))
        nodes[f"n{number}"] = SchemaNode(
            needs={f"p{i}": parent for i, parent in enumerate(parents)},
            uses=Subtraction,
            constructor_name="create",
            fn="run",
            config={"number": draw(st.integers(-9, 9))},
            eager=draw(st.booleans()),
        )
    shuffled = dict(draw(st.permutations(list(nodes.items()))))
    targets = draw(st.lists(st.sampled_from(list(nodes)), min_size=1, unique=True))
    return GraphSchema(shuffled), targets


def evaluated(schema: GraphSchema, name: str, inputs: Mapping[str, list[int]]) -> list[int]:
    """Evaluate a node by plain recursion."""
    if name in inputs:
        return inputs[name]
    node = schema.nodes[name]
    result: int = node.config["number"]
    for parameter in sorted(node.needs):
        result = 2 * result - evaluated(schema, node.needs[parameter], inputs)[0]
    return [result]


@given(graphs(), st.integers(), st.integers())
def test_one_node_after_the_other(graph: tuple[GraphSchema, list[str]], x: int, y: int) -> None:
    schema, targets = graph
    inputs = {"__x__": [x], "__y__": [y]}
    runner = SequentialGraphRunner.create(
        schema, LocalModelStorage(Path("unused")), ExecutionContext(schema)
    )
    assert runner.run(inputs, targets) == {
        name: evaluated(schema, name, inputs) for name in targets
    }


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(), x=st.integers(), y=st.integers())
def test_side_by_side_on_dask(
    thread_cluster: Cluster,
    tmp_path: Path,
    graph: tuple[GraphSchema, list[str]],
    x: int,
    y: int,
) -> None:
    schema, targets = graph
    inputs = {"__x__": [x], "__y__": [y]}
    runner = DaskGraphRunner.create(
        schema, LocalModelStorage(tmp_path), ExecutionContext(schema), cluster=thread_cluster
    )
    assert runner.run(inputs, targets) == {
        name: evaluated(schema, name, inputs) for name in targets
    }
