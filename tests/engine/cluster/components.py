"""What the tests of a cluster have workers do, and what they watch it with."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

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
from onnlu_engine.dask_cluster import Cluster
from onnlu_engine.dask_runner import DaskGraphRunner

ROOT = Path(__file__).parents[1]
"""Where workers import this package from."""


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
