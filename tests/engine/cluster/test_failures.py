"""What fails is told here, with the node and where it ran."""

from __future__ import annotations

import importlib
import threading
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from onnlu_engine import GraphNodeHook, SchemaNode
from onnlu_engine.dask_cluster import Cluster
from onnlu_engine.errors import GraphComponentException, GraphRunError, InvalidDataException

from .components import Component, Journal, node, runner
from .workers import Workers, kept, killed_when_it_waits


def test_an_error_comes_with_class_cause_and_remote_traceback(
    cluster: Cluster, tmp_path: Path
) -> None:
    nodes = {"bad": node("fail", config={"error": KeyError("lost")})}
    with pytest.raises(GraphComponentException, match=r"Node 'bad'.*Component.*lost") as raised:
        runner(cluster, tmp_path, nodes).run()
    assert isinstance(raised.value.__cause__, KeyError)
    (note,) = raised.value.__notes__
    assert "in fail" in note
    assert 'raise self.config["error"]' in note
    assert note.startswith("Raised in process ")

    nodes["bad"].config["error"] = InvalidDataException("no examples")
    with pytest.raises(InvalidDataException) as refused:
        runner(cluster, tmp_path, nodes).run()
    assert str(refused.value) == "no examples"


def test_an_error_whose_class_cannot_travel_is_described(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(GraphComponentException, match="Unsendable: nothing") as raised:
        runner(cluster, tmp_path, {"bad": node("fail_badly")}).run()
    assert str(raised.value.__cause__) == "Unsendable: nothing"
    assert "in fail_badly" in raised.value.__notes__[0]


def test_what_runs_beside_a_failed_node_is_given_up(
    cluster: Cluster, workers: Workers, tmp_path: Path
) -> None:
    journal, marker = Journal(), tmp_path / "marker"
    nodes = {
        "first": node("process_id"),
        "bad": node("fail", "first", config={"error": ValueError("theirs")}),
        "late": node("same", needs={"value": "bad"}),
        "beside": node("wait_to_be_killed", config={"marker": str(marker)}),
    }
    with pytest.raises(GraphComponentException, match="theirs") as raised:
        runner(cluster, tmp_path, nodes, [journal]).run()
    assert journal.errors["bad"] is raised.value
    assert type(journal.errors["beside"]) is GraphRunError
    assert "'beside' was given up as the run failed: Node 'bad'" in str(journal.errors["beside"])
    assert set(journal.before) == {"first", "bad", "beside"}
    killed_when_it_waits(workers, marker).join()  # what a worker has begun it brings to its end


@pytest.mark.parametrize("event", ["on_before_node", "on_after_node"])
def test_an_interrupted_run_lets_go_of_all_it_sent(
    connected: tuple[Client, Workers], cluster: Cluster, tmp_path: Path, event: str
) -> None:
    def interrupt(*args: Any) -> dict[str, Any]:
        if args[1] == "use":
            raise KeyboardInterrupt
        return {}

    journal = Journal()
    interrupting: GraphNodeHook = type("Interrupting", (Journal,), {event: interrupt})()
    nodes = {"train": node("train"), "use": node("process_id", "train")}
    with pytest.raises(KeyboardInterrupt):
        runner(cluster, tmp_path, nodes, [journal, interrupting]).run()
    assert list(journal.after) == ["train"] + ["use"] * (event == "on_after_node")
    journal.errors.clear()  # an error has the run in its traceback
    assert kept(connected[0], 0) == set()


def test_what_cannot_travel_is_named(cluster: Cluster, tmp_path: Path) -> None:
    lock = threading.Lock()
    same = {"same": node("same", needs={"value": "__value__"})}
    with pytest.raises(GraphRunError, match=r"Input '__value__' cannot be sent.*lock"):
        runner(cluster, tmp_path, same).run({"__value__": lock})
    with pytest.raises(GraphRunError, match=r"Node 'a' cannot be sent.*lock"):
        runner(cluster, tmp_path, {"a": node("process_id", config={"lock": lock})}).run()
    with pytest.raises(GraphRunError, match=r"A setting of the run cannot be sent.*lock"):
        runner(cluster, tmp_path, {"a": node("process_id")}, lock=lock)
    with pytest.raises(GraphRunError, match=r"The output of node 'a' cannot be sent.*lock"):
        runner(cluster, tmp_path, {"a": node("unsendable")}).run()


@pytest.mark.parametrize("eager", [False, True])
def test_components_that_workers_cannot_import_are_named(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eager: bool
) -> None:
    (tmp_path / "only_here.py").write_text(
        "from onnlu_engine import GraphComponent\n"
        "class Local(GraphComponent):\n"
        "    @classmethod\n"
        "    def create(cls, *args, **kwargs): return cls()\n"
        "    def process(self): pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    local = importlib.import_module("only_here").Local
    nodes = {"a": SchemaNode({}, local, "create", "process", {}, eager=eager, is_target=True)}
    with pytest.raises(
        GraphRunError, match=r"The graph needs what process .* cannot import.*'only_here'.*PYTHON"
    ):
        runner(cluster, tmp_path, nodes).run()


def test_a_class_inside_a_function_cannot_travel(cluster: Cluster, tmp_path: Path) -> None:
    class Inside(Component):
        pass

    nodes = {"a": SchemaNode({}, Inside, "create", "process_id", {}, is_target=True)}
    with pytest.raises(GraphRunError, match=r"Node 'a' cannot be sent.*Inside"):
        runner(cluster, tmp_path, nodes)
