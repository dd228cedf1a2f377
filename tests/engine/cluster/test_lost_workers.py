"""A worker dies, and its nodes run on another one."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from onnlu_engine import GraphNodeHook
from onnlu_engine.dask_cluster import Cluster
from onnlu_engine.errors import GraphRunError

from .components import Journal, node, runner
from .workers import Workers, killed_when_it_waits


def test_the_node_of_a_worker_that_dies_runs_on_another(
    cluster: Cluster, workers: Workers, tmp_path: Path
) -> None:
    marker, journal = tmp_path / "marker", Journal()
    killer = killed_when_it_waits(workers, marker)
    nodes = {"wait": node("wait_to_be_killed", config={"marker": str(marker)})}
    result = runner(cluster, tmp_path, nodes, [journal]).run()
    killer.join()
    (living,) = [process.pid for process in workers.processes if process.poll() is None]
    assert result == {"wait": living}
    assert list(journal.before) == list(journal.after) == ["wait"]
    assert journal.errors == {}


class Killer(GraphNodeHook):
    """Kills the worker that a node ran on, when its output is here."""

    def __init__(self, workers: Workers, node_name: str) -> None:
        self.workers, self.node_name = workers, node_name

    def on_before_node(self, *args: Any) -> dict[str, Any]:
        return {}

    def on_after_node(self, node_name: str, *args: Any) -> None:
        _, _, output, _ = args
        if node_name == self.node_name:
            self.workers.kill(output)


def test_an_output_that_is_lost_with_its_worker_is_made_again(
    cluster: Cluster, workers: Workers, tmp_path: Path
) -> None:
    nodes = {
        "first": node("process_id", is_target=False),
        "second": node("same", needs={"value": "first"}),
    }
    result = runner(cluster, tmp_path, nodes, [Killer(workers, "first")]).run()
    (living,) = [process.pid for process in workers.processes if process.poll() is None]
    assert result == {"second": living}


def test_an_eager_node_is_built_again_where_its_worker_died(
    cluster: Cluster, workers: Workers, tmp_path: Path
) -> None:
    nodes = {"eager": node("process_id", eager=True)}
    graph = runner(cluster, tmp_path, nodes)
    (first,) = graph.run().values()
    workers.kill(first)
    (second,) = graph.run().values()
    assert first != second


def test_an_eager_node_is_built_once(cluster: Cluster, tmp_path: Path) -> None:
    graph = runner(cluster, tmp_path, {"count": node("count", eager=True)})
    assert [graph.run()["count"] for _ in range(3)] == [1, 2, 3]


def test_a_node_that_kills_every_worker_ends_the_run(
    connected: tuple[Client, Workers], workers: Workers, tmp_path: Path
) -> None:
    """Here there are no more of them; with more, Dask gives up by itself."""
    graph = runner(Cluster(connected[0], patience=0.1), tmp_path, {"die": node("die")})
    with pytest.raises(GraphRunError, match=r"no worker for 0.1 seconds.*dask worker"):
        graph.run()


def test_a_result_whose_worker_dies_as_it_comes_is_not_waited_for_without_end(
    connected: tuple[Client, Workers], workers: Workers
) -> None:
    cluster = Cluster(connected[0], patience=0.1)
    task = cluster.submit("task", os.getpid)
    while not cluster.finished([task]):
        pass
    for process in workers.processes:
        process.send_signal(signal.SIGSTOP)  # its result cannot come, and nobody knows yet
    killer = threading.Timer(
        0.2, lambda: [workers.kill(process.pid) for process in list(workers.processes)]
    )
    killer.start()
    with pytest.raises(GraphRunError, match=r"no worker for 0.1 seconds"):
        cluster.result("The task", task)
    killer.join()
