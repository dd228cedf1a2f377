"""What hooks are told of the nodes of a graph."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphNode,
    GraphNodeHook,
    GraphSchema,
    LocalModelStorage,
    Resource,
    SchemaNode,
)
from onnlu_engine.errors import GraphComponentException, InvalidConfigException, OnnluException
from onnlu_engine.hooks import KnownOutput
from onnlu_engine.logging_hook import LoggingHook
from onnlu_engine.node_times import NodeTimes

Journal = list[tuple[Any, ...]]


class Component(GraphComponent):
    """Returns what it is run with, unless it is configured to raise something."""

    built = 0

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"epochs": 300, "error": None}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: Any,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Component:
        cls.built += 1
        component = cls()
        component.error = config["error"]
        return component

    error: BaseException | None

    def process(self, **inputs: Any) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        return inputs


class Other(Component):
    """Stands for a component whose output is restored."""


class Noting(GraphNodeHook):
    """Notes its calls in a journal that several hooks may share."""

    def __init__(self, name: str, journal: Journal) -> None:
        self.name, self.journal = name, journal

    def on_before_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        received_inputs: dict[str, Any],
    ) -> dict[str, Any]:
        assert execution_context.node_name == node_name
        self.journal.append(("before", self.name, config["epochs"], received_inputs))
        return {"from": self.name}

    def on_after_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        output: Any,
        input_hook_data: dict[str, Any],
    ) -> None:
        self.journal.append(("after", self.name, output, input_hook_data))

    def on_node_error(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        error: BaseException,
        input_hook_data: dict[str, Any],
    ) -> None:
        self.journal.append(("error", self.name, error, input_hook_data))


def node(hooks: list[GraphNodeHook], *, eager: bool = False, **config: Any) -> GraphNode:
    schema_node = SchemaNode({"x": "p"}, Component, "create", "process", config, eager=eager)
    schema = GraphSchema({"node": schema_node})
    return GraphNode.from_schema_node(
        "node", schema_node, LocalModelStorage(Path("unused")), ExecutionContext(schema), hooks
    )


def calls(journal: Journal) -> list[tuple[str, str]]:
    return [(event, name) for event, name, *_ in journal]


@pytest.mark.behaviour("1.6/1", "1.6/2")
def test_hooks_are_called_in_order_each_with_the_data_of_its_own() -> None:
    journal: Journal = []
    node([Noting("one", journal), Noting("two", journal)], epochs=7)(("p", 1))
    assert journal == [
        ("before", "one", 7, {"x": 1}),
        ("before", "two", 7, {"x": 1}),
        ("after", "one", {"x": 1}, {"from": "one"}),
        ("after", "two", {"x": 1}, {"from": "two"}),
    ]


@pytest.mark.behaviour("1.6/1")
def test_a_lazy_component_is_built_behind_the_call_before_it() -> None:
    built: list[int] = []

    class Counting(Noting):
        def on_before_node(self, *args: Any) -> dict[str, Any]:
            built.append(Component.built)
            return super().on_before_node(*args)

        def on_after_node(self, *args: Any) -> None:
            built.append(Component.built)

    node([Counting("hook", [])])(("p", 1))
    assert built[1] == built[0] + 1


@pytest.mark.behaviour("1.6/2")
@pytest.mark.parametrize("error", [ValueError("theirs"), InvalidConfigException("config")])
def test_a_failed_node_is_told_as_the_caller_gets_it(error: Exception) -> None:
    journal: Journal = []
    with pytest.raises(OnnluException) as raised:
        node([Noting("one", journal), Noting("two", journal)], error=error)(("p", 1))
    assert calls(journal) == [
        ("before", "one"),
        ("before", "two"),
        ("error", "one"),
        ("error", "two"),
    ]
    for _, name, told, data in journal[2:]:
        assert told is raised.value
        assert data == {"from": name}


def test_an_interrupted_node_is_told_too() -> None:
    journal: Journal = []
    interruption = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        node([Noting("hook", journal)], error=interruption)(("p", 1))
    assert journal[-1] == ("error", "hook", interruption, {"from": "hook"})


def failing(method: str, error: Exception, journal: Journal) -> GraphNodeHook:
    """Return a hook called "broken", of which one method raises an error."""

    def fail(*args: Any) -> Any:
        raise error

    hook: GraphNodeHook = type("BrokenHook", (Noting,), {method: fail})("broken", journal)
    return hook


@pytest.mark.behaviour("1.6/2")
@pytest.mark.parametrize("method", ["on_before_node", "on_after_node"])
@pytest.mark.parametrize("error", [ValueError("broken"), OnnluException("broken")])
def test_a_failing_hook_is_named_with_the_node(method: str, error: Exception) -> None:
    with pytest.raises(GraphComponentException, match=r"Hook BrokenHook.*'node'.*broken") as raised:
        node([failing(method, error, [])])(("p", 1))
    assert raised.value.__cause__ is error


def test_where_a_hook_fails_those_that_wait_for_the_end_are_told() -> None:
    """Each hook whose `on_before_node` returned hears of the end, and hears of it once."""
    journal: Journal = []
    one, three = Noting("one", journal), Noting("three", journal)
    with pytest.raises(GraphComponentException):
        node([one, failing("on_before_node", ValueError(), journal), three])(("p", 1))
    assert calls(journal) == [("before", "one"), ("error", "one")]

    journal.clear()
    with pytest.raises(GraphComponentException):
        node([one, failing("on_after_node", ValueError(), journal), three])(("p", 1))
    assert calls(journal) == [
        ("before", "one"),
        ("before", "broken"),
        ("before", "three"),
        ("after", "one"),
        ("error", "three"),
    ]


def test_a_hook_that_fails_at_a_failed_node_hides_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    journal: Journal = []
    broken = failing("on_node_error", RuntimeError("full disk"), journal)
    with pytest.raises(GraphComponentException, match="theirs"):
        node([broken, Noting("two", journal)], error=ValueError("theirs"))(("p", 1))
    assert journal[-1][:2] == ("error", "two")
    assert "Hook BrokenHook failed at the failed node 'node' with RuntimeError: full disk" in (
        caplog.text
    )


def test_a_hook_need_not_care_for_errors_but_for_before_and_after() -> None:
    assert GraphNodeHook.__abstractmethods__ == {"on_before_node", "on_after_node"}
    with pytest.raises(GraphComponentException, match="theirs"):
        node([NodeTimes()], error=ValueError("theirs"))(("p", 1))


class Knowing(GraphNodeHook):
    """Knows what a node gives."""

    def __init__(self, known: Any) -> None:
        self.known = known
        self.after: Any = None

    def on_before_node(self, *_: Any) -> dict[str, Any]:
        return {"known": self.known}

    def known_output(
        self, node_name: str, context: ExecutionContext, config: Any, data: dict[str, Any]
    ) -> KnownOutput | None:
        return data["known"]

    def on_after_node(self, *arguments: Any) -> None:
        self.after = arguments[3]


def test_a_node_whose_output_a_hook_knows_does_not_run() -> None:
    before = Component.built
    hooks = [Knowing(None), Knowing(KnownOutput(None)), Knowing(KnownOutput("never asked"))]
    assert node(hooks)(("p", 1)) == ("node", None)
    assert Component.built == before
    assert [hook.after for hook in hooks] == [None, None, None]
    assert node([Knowing(None)])(("p", 1)) == ("node", {"x": 1})
    assert Component.built == before + 1


def test_times_are_those_of_nodes_that_came_to_their_end() -> None:
    moments = iter([1.0, 3.5, 10.0])
    times = NodeTimes(lambda: next(moments))
    node([times])(("p", 1))
    assert times.seconds == {"node": 2.5}
    with pytest.raises(GraphComponentException):
        node([times], error=ValueError("theirs"))(("p", 1))
    assert times.seconds == {"node": 2.5}


def run_logged(whole: GraphSchema, runs: GraphSchema) -> None:
    hook = LoggingHook(runs)
    for name, schema_node in runs.nodes.items():
        GraphNode.from_schema_node(
            name, schema_node, LocalModelStorage(Path("unused")), ExecutionContext(whole), [hook]
        )()


def schema_of(**nodes: Any) -> GraphSchema:
    return GraphSchema(
        {
            name: SchemaNode({}, facts.pop("uses", Component), "create", "process", {}, **facts)
            for name, facts in nodes.items()
        }
    )


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged, with `n s` for every duration."""
    return [re.sub(r"\d+\.\d s", "n s", record.getMessage()) for record in caplog.records]


@pytest.mark.behaviour("2.5/7")
def test_the_log_tells_of_what_trains(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    schema = schema_of(
        read={"is_target": True, "is_input": True}, run={}, train={"is_target": True}
    )
    run_logged(schema, schema)
    assert logged(caplog) == ["Node 'train' started.", "Node 'train' finished in n s."]
    caplog.clear()
    caplog.set_level(logging.DEBUG)
    run_logged(schema, schema)
    assert "Node 'run' finished" in caplog.text


@pytest.mark.behaviour("2.5/7")
def test_the_log_tells_what_was_restored(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    whole = schema_of(train={"is_target": True})
    run_logged(whole, schema_of(train={"is_target": True, "uses": Other}))
    assert logged(caplog) == ["Node 'train' restored."]


@pytest.mark.behaviour("2.5/7")
def test_the_log_tells_what_was_restored_while_it_ran(caplog: pytest.LogCaptureFixture) -> None:
    """Only in the run it shows that a cache has the result: what comes before has run."""
    caplog.set_level(logging.INFO)
    schema = schema_of(train={"is_target": True})
    hooks: list[GraphNodeHook] = [LoggingHook(schema), Knowing(KnownOutput(1))]
    storage, context = LocalModelStorage(Path("unused")), ExecutionContext(schema)
    GraphNode.from_schema_node("train", schema.nodes["train"], storage, context, hooks)()
    assert logged(caplog) == ["Node 'train' started.", "Node 'train' restored."]


def test_the_log_tells_what_failed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    schema = schema_of(run={})
    schema.nodes["run"].config["error"] = ValueError("theirs")
    with pytest.raises(GraphComponentException):
        run_logged(schema, schema)
    assert logged(caplog)[-1].startswith(
        "Node 'run' failed after n s: GraphComponentException: Node 'run'"
    )
