"""Resources travel with results: workers share no folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_engine import Resource
from onnlu_engine.dask_cluster import Cluster
from onnlu_engine.errors import ResourceNotFoundException

from .components import node, runner
from .workers import Workers


def test_resources_reach_other_workers_and_the_client_without_a_shared_folder(
    cluster: Cluster, workers: Workers, tmp_path: Path
) -> None:
    storage, meeting = tmp_path / "storage", tmp_path / "meeting"
    storage.mkdir()
    meeting.mkdir()
    read = node("read", needs={"resource": "train"}, config={"meeting": str(meeting)})
    # New names: Dask expects a node to take as long as those of its name did before, and would
    # have one worker do two short ones, which here wait for one another.
    nodes = {"train": node("train"), "reads_here": read, "reads_there": read}
    result = runner(cluster, storage, nodes).run()

    assert result["train"] == Resource("train")
    contents, processes, folders = zip(result["reads_here"], result["reads_there"], strict=True)
    assert contents == (b"\x00learnt", b"\x00learnt")
    assert set(processes) == {process.pid for process in workers.processes}
    assert not any(folder.startswith(str(tmp_path)) for folder in folders)
    assert not any(Path(folder).exists() for folder in folders)
    assert (storage / "train" / "deep" / "weights").read_bytes() == b"\x00learnt"


def test_what_was_persisted_before_can_be_read_and_added_to(
    cluster: Cluster, tmp_path: Path
) -> None:
    """As in a finetuning: what a node writes comes to what is there."""
    (tmp_path / "learn" / "deep").mkdir(parents=True)
    (tmp_path / "learn" / "deep" / "weights").write_bytes(b"old")
    runner(cluster, tmp_path, {"learn": node("learn_more")}).run()
    assert (tmp_path / "learn" / "more").read_bytes() == b"old more"
    assert (tmp_path / "learn" / "deep" / "weights").read_bytes() == b"old"


def test_a_resource_that_a_node_hands_on_comes_from_the_storage(
    cluster: Cluster, tmp_path: Path
) -> None:
    """As one that was restored from a cache, or handed on by a node that wrote nothing."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "more").write_bytes(b"old more")
    (tmp_path / "kept" / "deep").mkdir()
    (tmp_path / "kept" / "deep" / "weights").write_bytes(b"old")
    nodes = {
        "restored": node("same", needs={"value": "__value__"}),
        "learn": node("learn_more", needs={"resource": "restored"}),
    }
    runner(cluster, tmp_path, nodes).run({"__value__": Resource("kept")})
    assert (tmp_path / "kept" / "more").read_bytes() == b"old more"


def test_a_child_reads_what_was_there_and_what_its_parent_added(
    cluster: Cluster, tmp_path: Path
) -> None:
    (tmp_path / "learn" / "deep").mkdir(parents=True)
    (tmp_path / "learn" / "deep" / "weights").write_bytes(b"old")
    nodes = {
        "learn": node("learn_more", is_target=False),
        "handed_on": node("contents", needs={"resource": "learn"}),
        "eager": node("contents", "learn", eager=True, resource=Resource("learn")),
        "own": node("contents", "learn", resource=Resource("learn")),
    }
    both = {"deep/weights": b"old", "more": b"old more"}
    results = runner(cluster, tmp_path, nodes).run()
    assert results == dict.fromkeys(["handed_on", "eager", "own"], both)


def test_a_child_reads_what_both_parents_wrote_to_one_resource(
    cluster: Cluster, tmp_path: Path
) -> None:
    one = Resource("one")
    write = {name: node("write", config={"file": name}, resource=one) for name in ("a", "b")}
    again = {"c": node("write", "a", config={"file": "a"}, resource=one)}
    read = {"read": node("contents", "c", "b", "a", resource=one)}
    results = runner(cluster, tmp_path, {**write, **again, **read}).run()
    assert results["read"] == {"a": b"c", "b": b"b"}
    assert (tmp_path / "one" / "a").read_bytes() == b"c"


def test_an_eager_node_reads_what_a_parent_wrote_and_another_handed_on(
    cluster: Cluster, tmp_path: Path
) -> None:
    one = Resource("one")
    nodes = {
        "a": node("write", config={"file": "a"}, resource=one),
        "same": node("same", needs={"value": "a"}),
        "read": node("contents", "same", eager=True, resource=one),
    }
    graph = runner(cluster, tmp_path, nodes)
    assert [graph.run()["read"] for _ in range(2)] == [{"a": b"a"}] * 2


def test_a_resource_that_nobody_wrote_cannot_be_read(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(ResourceNotFoundException, match="resource 'learn'"):
        runner(cluster, tmp_path, {"learn": node("learn_more")}).run()
