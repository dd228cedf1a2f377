"""How a graph runs."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphNodeHook,
    GraphRunner,
    GraphSchema,
    LocalModelStorage,
    Resource,
    SchemaNode,
    SequentialGraphRunner,
)
from onnlu_engine.dask_runner import DaskGraphRunner
from onnlu_engine.errors import GraphComponentException, GraphRunError, GraphSchemaException

Runner = Callable[..., GraphRunner]


class Output:
    """An output that can be watched."""


class Calls(GraphComponent):
    """Adds up its inputs and its own number, and notes each call by node."""

    made: list[str]
    runs: list[str]

    def __init__(self, node: str, number: int) -> None:
        self.node = node
        self.number = number
        self.made.append(node)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"number": 0}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: Any,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Calls:
        return cls(str(execution_context.node_name), config["number"])

    def add(self, **inputs: int) -> int:
        self.runs.append(self.node)
        return self.number + sum(inputs.values())

    def same(self, value: Any) -> Any:
        return value

    def watched(self, **inputs: Any) -> Output:
        return Output()

    def fail(self, **inputs: Any) -> None:
        raise RuntimeError("from the component")


class Unloadable(Calls):
    """Cannot be built."""

    @classmethod
    def create(cls, *args: Any, **kwargs: Any) -> Unloadable:
        raise OSError("no weights")


@pytest.fixture(autouse=True)
def calls() -> type[Calls]:
    """Which nodes were built, and which ran."""
    Calls.made, Calls.runs = [], []
    return Calls


def node(*parents: str, fn: str = "add", config: Any = None, **changes: Any) -> SchemaNode:
    needs = {f"p{i}": parent for i, parent in enumerate(parents)}
    return SchemaNode(needs, Calls, "create", fn, config or {}, **changes)


def sequential(nodes: dict[str, SchemaNode], **arguments: Any) -> SequentialGraphRunner:
    schema = GraphSchema(nodes)
    storage = LocalModelStorage(Path("unused"))
    return SequentialGraphRunner.create(schema, storage, ExecutionContext(schema), **arguments)


@pytest.fixture(params=["sequential", "dask"])
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Runner:
    """What makes a runner of nodes: of either kind, and what holds here holds for both."""
    if request.param == "sequential":
        return sequential
    cluster = request.getfixturevalue("thread_cluster")

    def on_dask(nodes: dict[str, SchemaNode], **arguments: Any) -> DaskGraphRunner:
        schema = GraphSchema(nodes)
        storage = LocalModelStorage(tmp_path)
        context = ExecutionContext(schema)
        return DaskGraphRunner.create(schema, storage, context, cluster=cluster, **arguments)

    return on_dask


def diamond(**changes: Any) -> dict[str, SchemaNode]:
    return {
        "top": node("__number__", **changes),
        "left": node("top", **changes),
        "right": node("top", config={"number": 100}, **changes),
        "bottom": node("left", "right", is_target=True, **changes),
        "aside": node("top", **changes),
    }


@pytest.mark.behaviour("2.1/1")
def test_runners_must_say_how_they_are_made_and_run() -> None:
    """2.1 GraphRunner."""
    assert GraphRunner.__abstractmethods__ == {"create", "run"}


@pytest.mark.behaviour("2.1/3")
def test_each_node_runs_once_and_only_targets_are_returned(
    runner: Runner, calls: type[Calls]
) -> None:
    """2.1 run: a shared parent, an unneeded node."""
    assert runner(diamond()).run({"__number__": 1}) == {"bottom": 102}
    assert sorted(calls.runs) == ["bottom", "left", "right", "top"]


@pytest.mark.behaviour("2.1/2")
def test_creating_builds_every_eager_node_and_no_lazy_one(
    runner: Runner, calls: type[Calls]
) -> None:
    """2.1 create."""
    graph_runner = runner(diamond(eager=True))
    assert sorted(calls.made) == ["aside", "bottom", "left", "right", "top"]
    graph_runner.run({"__number__": 1})
    assert len(calls.made) == 5
    calls.made.clear()
    runner(diamond())
    assert calls.made == []


@pytest.mark.behaviour("2.1/2")
def test_an_eager_node_fails_on_create(runner: Runner) -> None:
    """2.1 create: errors of 1.8 surface here."""
    nodes = diamond()
    nodes["aside"].uses = Unloadable
    nodes["aside"].eager = True
    with pytest.raises(GraphComponentException, match=r"'aside'.*no weights"):
        runner(nodes)


@pytest.mark.behaviour("2.1/3")
def test_targets_can_be_chosen(runner: Runner) -> None:
    """2.1 run: an empty list means the schema's."""
    graph_runner = runner(diamond())
    numbers = {"__number__": 1}
    assert graph_runner.run(numbers, ["right", "top", "right"]) == {"right": 101, "top": 1}
    assert list(graph_runner.run(numbers, ["right", "top"])) == ["right", "top"]
    assert graph_runner.run(numbers, []) == {"bottom": 102}
    assert graph_runner.run(numbers) == graph_runner.run(numbers, None) == {"bottom": 102}


def test_an_unknown_target_comes_with_the_nearest_name(runner: Runner) -> None:
    with pytest.raises(GraphRunError, match=r"'botom'.*Did you mean 'bottom'"):
        runner(diamond()).run({"__number__": 1}, ["botom"])


def test_a_graph_without_targets_runs_nothing(runner: Runner, calls: type[Calls]) -> None:
    assert runner({"a": node()}).run() == {}
    assert calls.runs == []


@pytest.mark.behaviour("2.1/4")
@pytest.mark.parametrize("value", ["top", ("top", 1), ["top", "left"], None, max])
def test_an_input_is_just_a_value(runner: Runner, value: object) -> None:
    """2.1 inputs: dask read some of these as references."""
    nodes = {
        "top": node(),
        "left": node(),
        "same": SchemaNode({"value": "__value__"}, Calls, "create", "same", {}, is_target=True),
    }
    assert runner(nodes).run({"__value__": value})["same"] == value


@pytest.mark.behaviour("2.1/3")
def test_inputs_that_no_node_needs_are_left_alone(runner: Runner) -> None:
    """2.1 run: extra keys."""
    inputs = {"__number__": 1, "__other__": 2}
    assert runner(diamond()).run(inputs) == {"bottom": 102}
    assert inputs == {"__number__": 1, "__other__": 2}


@pytest.mark.behaviour("2.1/4")
def test_an_input_cannot_take_the_place_of_a_node(runner: Runner) -> None:
    """1.10 GraphRunError."""
    with pytest.raises(GraphRunError, match="'top' has the name of a node"):
        runner(diamond()).run({"__number__": 1, "top": 5})


def test_a_placeholder_that_is_not_given_is_named(runner: Runner, calls: type[Calls]) -> None:
    """1.10 placeholders; nothing has run by then."""
    graph_runner = runner({"first": node(), **diamond()})
    with pytest.raises(GraphRunError, match=r"'top'.*'__number__'.*'p0'"):
        graph_runner.run()
    assert calls.runs == []
    assert graph_runner.run(targets=["first"]) == {"first": 0}


def test_a_parent_that_is_neither_node_nor_placeholder_fails_on_create(
    runner: Runner, calls: type[Calls]
) -> None:
    with pytest.raises(GraphSchemaException, match=r"'a'.*'number'.*no such node"):
        runner({"a": node("number", eager=True)})
    assert calls.made == []


def test_a_cycle_fails_on_create(runner: Runner) -> None:
    with pytest.raises(GraphSchemaException, match="a -> b -> a"):
        runner({"a": node("b"), "b": node("a")})


@pytest.mark.behaviour("2.1/5")
def test_errors_of_components_pass_through(runner: Runner) -> None:
    """2.1 failure."""
    nodes = {"a": node(fn="fail", is_target=True)}
    with pytest.raises(GraphComponentException, match=r"'a'.*from the component"):
        runner(nodes).run()


class Journal(GraphNodeHook):
    """Notes its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def on_before_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        received_inputs: dict[str, Any],
    ) -> dict[str, Any]:
        self.calls.append(("before", node_name, execution_context.node_name, config))
        return received_inputs

    def on_after_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        output: Any,
        input_hook_data: dict[str, Any],
    ) -> None:
        self.calls.append(("after", node_name, output, input_hook_data))

    def on_node_error(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        error: BaseException,
        input_hook_data: dict[str, Any],
    ) -> None:
        self.calls.append(("error", node_name, str(error), input_hook_data))


@pytest.mark.behaviour("1.6/1", "1.6/2")
def test_hooks_are_told_the_same_by_every_runner(runner: Runner) -> None:
    journal = Journal()
    nodes = {"a": node("__x__", config={"number": 2}), "b": node("a", fn="fail", is_target=True)}
    with pytest.raises(GraphComponentException):
        runner(nodes, hooks=[journal]).run({"__x__": 5})
    assert journal.calls == [
        ("before", "a", "a", {"number": 2}),
        ("after", "a", 7, {"p0": 5}),
        ("before", "b", "b", {"number": 0}),
        (
            "error",
            "b",
            "Node 'b': component Calls failed with RuntimeError: from the component",
            {"p0": 7},
        ),
    ]


@pytest.mark.behaviour("1.6/2")
def test_a_failing_hook_ends_the_run_of_every_runner(runner: Runner) -> None:
    class Broken(Journal):
        def on_before_node(self, *args: Any) -> dict[str, Any]:
            raise OSError("full")

    with pytest.raises(GraphComponentException, match=r"Hook Broken failed at node 'a'.*full"):
        runner({"a": node(is_target=True)}, hooks=[Broken()]).run()


@pytest.mark.behaviour("2.1/5")
@pytest.mark.parametrize("eager", [True, False])
def test_a_chain_of_ten_thousand_nodes_runs(eager: bool) -> None:
    """2.1 failure: the original ends in a recursion error."""
    size = 10_000
    nodes = {
        f"n{i}": node(f"n{i + 1}" if i + 1 < size else "__number__", eager=eager)
        for i in range(size)
    }
    nodes["n0"].is_target = True
    assert sequential(nodes).run({"__number__": 7}) == {"n0": 7}


class Alive(GraphNodeHook):
    """Notes how many watched outputs are alive when a node is about to run."""

    def __init__(self) -> None:
        self.outputs: weakref.WeakSet[Output] = weakref.WeakSet()
        self.alive: dict[str, int] = {}

    def on_before_node(self, node_name: str, *args: Any) -> dict[str, Any]:
        gc.collect()
        self.alive[node_name] = len(self.outputs)
        return {}

    def on_after_node(self, node_name: str, *args: Any) -> None:
        _, _, output, _ = args
        self.outputs.add(output)


def test_outputs_are_let_go_when_no_later_node_needs_them() -> None:
    nodes = {
        "a": node(fn="watched"),
        "b": node("a", fn="watched", is_target=True),
        "c": node("b", fn="watched"),
        "d": node("c", fn="watched"),
        "e": node("d", fn="watched", is_target=True),
    }
    hook = Alive()
    sequential(nodes, hooks=[hook]).run()
    # The target b stays; of the others only the one that the node is about to read.
    assert hook.alive == {"a": 0, "b": 1, "c": 1, "d": 2, "e": 2}


def test_threads_share_a_runner_of_eager_nodes() -> None:
    graph_runner = sequential(diamond(eager=True))

    def run(number: int) -> dict[str, int]:
        targets = ["aside"] if number % 3 == 0 else ["bottom", "left"]
        return graph_runner.run({"__number__": number}, targets)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(run, range(2000)))
    for number, result in enumerate(results):
        if number % 3 == 0:
            assert result == {"aside": number}
        else:
            assert result == {"bottom": 2 * number + 100, "left": number}
