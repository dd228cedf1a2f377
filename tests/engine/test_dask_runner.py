"""A graph on a cluster: two workers, processes with folders of their own, on the loopback."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster

from onnlu_engine import (
    ExecutionContext,
    GraphComponent,
    GraphNodeHook,
    GraphSchema,
    LocalModelStorage,
    ModelStorage,
    Resource,
    SchemaNode,
)
from onnlu_engine.dask_cluster import Cluster, dask_cluster
from onnlu_engine.dask_runner import DaskGraphRunner
from onnlu_engine.errors import (
    GraphComponentException,
    GraphRunError,
    InvalidDataException,
    ResourceNotFoundException,
)
from onnlu_engine.hooks import KnownOutput

ROOT = Path(__file__).parents[2]


class Workers:
    """Two processes, each in a folder of its own, which are killed and started again."""

    def __init__(self, scheduler: str, folder: Path) -> None:
        self.scheduler, self.folder = scheduler, folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start_missing(self) -> None:
        self.processes = [process for process in self.processes if process.poll() is None]
        while len(self.processes) < 2:
            own = self.folder / str(time.monotonic_ns())
            own.mkdir()
            line = [sys.executable, "-m", "distributed.cli.dask_worker", self.scheduler]
            options = ["--nthreads", "1", "--no-nanny", "--no-dashboard"]
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            with (own / "log").open("wb") as log:
                self.processes.append(
                    subprocess.Popen([*line, *options], cwd=own, env=environment, stderr=log)
                )

    def kill(self, pid: int) -> None:
        (process,) = (process for process in self.processes if process.pid == pid)
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Workers]]:
    with (
        LocalCluster(
            n_workers=0, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as local,
        Client(local, set_as_default=False) as client,
    ):
        workers = Workers(local.scheduler_address, tmp_path_factory.mktemp("workers"))
        try:
            yield client, workers
        finally:
            for process in workers.processes:
                process.kill()
                process.wait()


@pytest.fixture
def workers(connected: tuple[Client, Workers]) -> Workers:
    client, workers = connected
    workers.start_missing()
    client.wait_for_workers(2)
    return workers


@pytest.fixture
def cluster(connected: tuple[Client, Workers], workers: Workers) -> Cluster:
    return Cluster(connected[0])


class Component(GraphComponent):
    """What these tests have workers do."""

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        context: ExecutionContext,
    ) -> None:
        self.config, self.storage, self.resource = config, storage, resource
        self.node, self.settings = context.node_name or "", context.settings
        self.calls = 0

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Component:
        return cls(config, model_storage, resource, execution_context)

    def process_id(self, **inputs: Any) -> int:
        return os.getpid()

    def same(self, value: Any) -> Any:
        return value

    def train(self) -> Resource:
        with self.storage.write_to(self.resource) as folder:
            (folder / "deep").mkdir()
            (folder / "deep" / "weights").write_bytes(b"\x00learnt")
        return self.resource

    def read(self, **inputs: Any) -> tuple[bytes, int, str]:
        with self.storage.read_from(self.resource) as folder:
            content = (folder / "deep" / "weights").read_bytes()
            self._wait_for_others()
            return content, os.getpid(), str(folder)

    def learn_more(self) -> Resource:
        with self.storage.read_from(self.resource) as folder:
            content = (folder / "deep" / "weights").read_bytes()
        with self.storage.write_to(self.resource) as folder:
            (folder / "more").write_bytes(content + b" more")
        return self.resource

    def write(self, **inputs: Any) -> Resource:
        """Write the name of the node; over what was there."""
        with self.storage.write_to(self.resource) as folder:
            (folder / self.config["file"]).write_text(self.node)
        return self.resource

    def contents(self, **inputs: Any) -> dict[str, bytes]:
        with self.storage.read_from(self.resource) as folder:
            files = [path for path in folder.rglob("*") if path.is_file()]
            return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    def _wait_for_others(self) -> None:
        """Wait until two processes are here: neither does the work of both."""
        meeting = Path(self.config["meeting"])
        (meeting / str(os.getpid())).touch()
        while len(list(meeting.iterdir())) < 2:
            time.sleep(0.01)

    def wait_to_be_killed(self) -> int:
        """Say who waits, the first time; the second time return."""
        marker = Path(self.config["marker"])
        if marker.exists():
            return os.getpid()
        marker.write_text(f"{os.getpid()}.")
        time.sleep(600)
        raise AssertionError

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def fail(self, **inputs: Any) -> None:
        raise self.config["error"]

    def option(self) -> int:
        return len(self.config["output"])

    def fail_badly(self) -> None:
        raise Unsendable("no", "thing")

    def learn(self) -> int:
        self.settings["told"].learnt = os.getpid()
        return os.getpid()

    def unsendable(self) -> Any:
        return threading.Lock()

    def count(self) -> int:
        self.calls += 1
        return self.calls


class Unsendable(ValueError):
    """Cannot be unpacked: it takes two arguments, and remembers one."""

    def __init__(self, what: str, which: str) -> None:
        super().__init__(f"{what}{which}")


class Told:
    """A setting that learns something on a worker."""

    def __init__(self, learnt: int = 0) -> None:
        self.learnt = learnt
        self.lock = threading.Lock()  # which stays here

    def __reduce__(self) -> tuple[Any, ...]:
        return Told, ()

    def told(self) -> int:
        return self.learnt

    def take(self, told: int) -> None:
        self.learnt = told


class Large:
    """Counts how often it is packed, and is larger than what Dask likes to be sent."""

    packed = 0

    def __init__(self, content: bytes = bytes(11_000_000)) -> None:
        self.content = content

    def __reduce__(self) -> tuple[Any, ...]:
        Large.packed += 1
        return Large, (self.content,)


def node(fn: str, *parents: str, config: Any = None, **changes: Any) -> SchemaNode:
    needs = changes.pop("needs", {f"p{i}": parent for i, parent in enumerate(parents)})
    changes.setdefault("is_target", True)
    return SchemaNode(needs, Component, "create", fn, config or {}, **changes)


def runner(
    cluster: Cluster,
    storage: Path,
    nodes: dict[str, SchemaNode],
    hooks: list[GraphNodeHook] | None = None,
    **settings: Any,
) -> DaskGraphRunner:
    schema = GraphSchema(nodes)
    context = ExecutionContext(schema, settings=settings)
    return DaskGraphRunner.create(
        schema, LocalModelStorage(storage), context, hooks, cluster=cluster
    )


def test_resources_reach_other_workers_and_the_client_without_a_shared_folder(
    cluster: Cluster, workers: Workers, tmp_path: Path
) -> None:
    storage, meeting = tmp_path / "storage", tmp_path / "meeting"
    storage.mkdir()
    meeting.mkdir()
    read = node("read", needs={"resource": "train"}, config={"meeting": str(meeting)})
    result = runner(cluster, storage, {"train": node("train"), "one": read, "two": read}).run()

    assert result["train"] == Resource("train")
    contents, processes, folders = zip(result["one"], result["two"], strict=True)
    assert contents == (b"\x00learnt", b"\x00learnt")
    assert set(processes) == {process.pid for process in workers.processes}
    assert not any(folder.startswith(str(tmp_path)) for folder in folders)
    assert not any(Path(folder).exists() for folder in folders)
    assert (storage / "train" / "deep" / "weights").read_bytes() == b"\x00learnt"


class Journal(GraphNodeHook):
    """Notes what it is told, where, and what the storage holds by then."""

    def __init__(self, storage: Path | None = None) -> None:
        self.storage = storage
        self.before: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        self.after: dict[str, tuple[Any, dict[str, Any]]] = {}
        self.errors: dict[str, BaseException] = {}
        self.persisted: dict[str, list[str]] = {}

    def on_before_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        received_inputs: dict[str, Any],
    ) -> dict[str, Any]:
        self.before[node_name] = (config, received_inputs)
        return {"of": node_name}

    def on_after_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        output: Any,
        input_hook_data: dict[str, Any],
    ) -> None:
        self.after[node_name] = (output, input_hook_data)
        if self.storage is not None:
            self.persisted[node_name] = sorted(path.name for path in self.storage.iterdir())

    def on_node_error(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        error: BaseException,
        input_hook_data: dict[str, Any],
    ) -> None:
        self.errors[node_name] = error


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


def killed_when_it_waits(workers: Workers, marker: Path) -> threading.Thread:
    """Kill the worker that notes its process in `marker`."""

    def kill() -> None:
        while not (marker.exists() and marker.read_text().endswith(".")):
            time.sleep(0.01)
        workers.kill(int(marker.read_text().rstrip(".")))

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


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


def kept(client: Client, number: int) -> set[str]:
    """Return what the cluster keeps for this process, when it has let go of all but a number."""
    gc.collect()
    end = time.monotonic() + 30
    while len(client.futures) > number and time.monotonic() < end:
        time.sleep(0.01)  # it is told in the background
    return {key.rpartition("-")[0] for key in client.futures}


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


def test_a_scheduler_that_is_not_there_is_named() -> None:
    with (
        pytest.raises(GraphRunError, match=r"no scheduler to talk to at tcp://127.0.0.1:1:"),
        dask_cluster("tcp://127.0.0.1:1"),
    ):
        pass
    with pytest.raises(GraphRunError, match="at nonsense://x"), dask_cluster("nonsense://x"):
        pass


def test_tls_that_is_not_configured_is_told_with_the_remedy() -> None:
    with (
        pytest.raises(
            GraphRunError, match=r"tls://127.0.0.1:1 asks for TLS.*distributed\.comm\.tls"
        ),
        dask_cluster("tls://127.0.0.1:1"),
    ):
        pass


def test_a_cluster_can_be_named_by_its_address(workers: Workers, tmp_path: Path) -> None:
    with dask_cluster(workers.scheduler) as cluster:
        result = runner(cluster, tmp_path, {"a": node("process_id")}).run()
    assert result["a"] in {process.pid for process in workers.processes}


def test_without_an_address_a_cluster_of_processes_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT)  # other packages install a folder `tests`, too
    schema = GraphSchema({"a": node("same", needs={"value": "__value__"})})
    graph = DaskGraphRunner.create(schema, LocalModelStorage(tmp_path), ExecutionContext(schema))
    assert graph.run({"__value__": 7}) == {"a": 7}
