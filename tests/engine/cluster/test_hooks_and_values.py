"""Hooks run here; what is large travels once, and what nobody needs is let go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

from onnlu_engine import Resource
from onnlu_engine.dask_cluster import Cluster
from onnlu_engine.hooks import KnownOutput

from .components import Journal, Large, Told, node, runner
from .workers import Workers, kept


def test_hooks_are_called_here_when_the_resource_is(cluster: Cluster, tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    nodes = {
        "train": node("train", config={"epochs": 3}),
        "use": node("process_id", needs={"model": "train", "data": "__data__"}),
    }
    result = runner(cluster, tmp_path, nodes, [journal]).run({"__data__": [1, 2]})
    assert result["use"] != os.getpid()
    assert journal.before["train"] == ({"epochs": 3}, {})
    assert journal.before["use"][1] == {"model": Resource("train"), "data": [1, 2]}
    assert journal.after["train"] == (Resource("train"), {"of": "train"})
    assert journal.after["use"] == (result["use"], {"of": "use"})
    assert journal.persisted["train"] == ["train"]
    assert journal.errors == {}


class Knowing(Journal):
    """Knows what a node gives, which has persisted something."""

    def known_output(self, node_name: str, *_: Any) -> KnownOutput | None:
        if node_name != "train":
            return None
        assert self.storage is not None
        (self.storage / "train" / "deep").mkdir(parents=True)
        (self.storage / "train" / "deep" / "weights").write_bytes(b"known")
        return KnownOutput(Resource("train"))


def test_a_node_whose_output_a_hook_knows_is_not_sent(cluster: Cluster, tmp_path: Path) -> None:
    storage, meeting = tmp_path / "storage", tmp_path / "meeting"
    storage.mkdir()
    meeting.mkdir()
    (meeting / "nobody else").touch()
    knowing = Knowing(storage)
    read = node("read", needs={"resource": "train"}, config={"meeting": str(meeting)})
    nodes = {"train": node("fail"), "read": read}
    result = runner(cluster, storage, nodes, [knowing]).run()
    assert result["train"] == Resource("train")
    assert result["read"][0] == b"known"
    assert knowing.after["train"] == (Resource("train"), {"of": "train"})
    assert knowing.errors == {}


class KnowingMuch(Journal):
    """Knows a large output, as of a node that reads training data."""

    def known_output(self, node_name: str, *_: Any) -> KnownOutput | None:
        return KnownOutput(bytes(11_000_000)) if node_name == "large" else None


def test_a_known_output_may_be_large(cluster: Cluster, tmp_path: Path) -> None:
    """Dask would warn of it, which is an error here."""
    nodes = {"large": node("fail"), "read": node("same", needs={"value": "large"})}
    result = runner(cluster, tmp_path, nodes, [KnowingMuch()]).run()
    assert result["read"] == bytes(11_000_000)


@pytest.mark.parametrize("eager", [False, True])
def test_a_config_may_be_large(cluster: Cluster, tmp_path: Path, eager: bool) -> None:
    """As of a stand-in for a node that reads training data."""
    large = node("option", config={"output": bytes(11_000_000)}, eager=eager)
    assert runner(cluster, tmp_path, {"large": large}).run()["large"] == 11_000_000


def test_what_nobody_needs_any_more_is_let_go(
    connected: tuple[Client, Workers], cluster: Cluster, tmp_path: Path
) -> None:
    nodes = {"one": node("process_id", "__x__"), "two": node("process_id", "one", eager=True)}
    graph = runner(cluster, tmp_path, nodes)
    graph.run({"__x__": 1})
    assert kept(connected[0], 2) == {"value", "two"}  # the context, and the node that is built
    del graph
    assert kept(connected[0], 0) == set()


def test_settings_go_to_the_workers_and_bring_back_what_they_learn(
    cluster: Cluster, tmp_path: Path
) -> None:
    told = Told()
    result = runner(cluster, tmp_path, {"learn": node("learn")}, told=told, plain=1).run()
    assert told.learnt == result["learn"] != os.getpid()


def test_a_large_input_is_sent_once(
    connected: tuple[Client, Workers], cluster: Cluster, tmp_path: Path
) -> None:
    nodes = {f"n{i}": node("process_id", "__large__") for i in range(5)}
    graph = runner(cluster, tmp_path, nodes)
    graph.run({"__large__": 0})
    before, Large.packed = values_sent(connected[0]), 0
    assert len(graph.run({"__large__": Large()})) == 5
    assert (Large.packed, values_sent(connected[0]) - before) == (1, 1)


def values_sent(client: Client) -> int:
    """Return how many values the scheduler was sent to keep."""
    prefix = client.cluster.scheduler.task_prefixes.get("value")
    return 0 if prefix is None else int(prefix.state_counts["memory"])
