"""What a runner adds to the components of a graph, for each node.

Nodes do nothing, in graphs of two shapes that pipelines have: each takes what the one before it
returned, and in training also what the one before that returned. What calling the components by
hand takes is subtracted.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphNodeHook,
    GraphSchema,
    LocalModelStorage,
    ModelStorage,
    Resource,
    SchemaNode,
    SequentialGraphRunner,
)
from onnlu_engine.logging_hook import LoggingHook
from onnlu_engine.node_times import NodeTimes

NODES = 100
CONFIG = {"epochs": 1, "dense_dimension": {"text": 128, "label": 20}, "featurizers": []}
STORAGE = LocalModelStorage(Path("unused"))
BUDGETS_US = {"serving": 2, "training": 20}


class Idle(GraphComponent):
    """Does nothing."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Options as a small component has them."""
        return CONFIG

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build it."""
        return cls()

    def process(self, messages: list[str]) -> list[str]:
        """Hand on what it is given."""
        return messages

    def train(self, data: list[str], validation_data: list[str]) -> list[str]:
        """Hand on one of the two."""
        return data


def serving_graph() -> GraphSchema:
    """Return a chain of nodes that are built once."""
    return _graph(lambda one, two: {"messages": one}, "process", eager=True)


def training_graph() -> GraphSchema:
    """Return a graph in which each node is built when it runs, and has two parents."""
    return _graph(lambda one, two: {"data": one, "validation_data": two}, "train", eager=False)


def measure(rounds: int) -> dict[str, Any]:
    """Return the medians, in microseconds a node, beside what is allowed."""
    serving, training = serving_graph(), training_graph()
    component = Idle()

    def by_hand() -> None:
        for _ in range(NODES):
            component.process(messages=[])

    def built_by_hand() -> None:
        context = ExecutionContext(training)
        for _ in range(NODES):
            Idle.create(CONFIG, STORAGE, Resource("idle"), context).train(
                data=[], validation_data=[]
            )

    hooks = [NodeTimes(), LoggingHook(training)]
    runs = {
        "serving": (_run(serving, []), by_hand),
        "training": (_run(training, []), built_by_hand),
        "training with hooks": (_run(training, hooks), built_by_hand),
    }
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, (graph, hand) in runs.items():
            found[name].append((_seconds(graph) - _seconds(hand)) / NODES * 1e6)
    return {
        "nodes": NODES,
        "microseconds_a_node": {name: statistics.median(times) for name, times in found.items()},
        "budgets": BUDGETS_US,
    }


def _graph(needs: Callable[[str, str], dict[str, str]], fn: str, *, eager: bool) -> GraphSchema:
    names = ["__one__", "__two__", *(f"node{number}" for number in range(NODES))]
    nodes = {
        name: SchemaNode(needs(one, two), Idle, "create", fn, {"epochs": 2}, eager=eager)
        for two, one, name in zip(names, names[1:], names[2:], strict=False)
    }
    nodes[names[-1]].is_target = True
    return GraphSchema(nodes)


def _run(schema: GraphSchema, hooks: list[GraphNodeHook]) -> Callable[[], object]:
    runner = SequentialGraphRunner.create(schema, STORAGE, ExecutionContext(schema), hooks)
    inputs: dict[str, Any] = {"__one__": [], "__two__": []}
    return lambda: runner.run(inputs)


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
