"""A node in another process: what it is sent, what it does there, and what it sends back."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

from onnlu_engine.context import ExecutionContext
from onnlu_engine.errors import GraphRunError
from onnlu_engine.node import GraphNode
from onnlu_engine.parcels import (
    Folder,
    PackedError,
    packed,
    packed_folder,
    unpack_folder,
    unpacked,
)
from onnlu_engine.resource import Resource
from onnlu_engine.schema import SchemaNode
from onnlu_engine.storage import LocalModelStorage

Folders = Mapping[str, Folder]


@runtime_checkable
class TravellingSetting(Protocol):
    """A setting of a context that goes to other processes, and has something to tell of it.

    What it leaves behind, and what it is over there, its `__reduce__` decides.
    """

    def told(self) -> Any:
        """Return what it has learnt of a node that ran where it is now."""

    def take(self, told: Any) -> None:
        """Take what it has learnt elsewhere."""


@dataclass(frozen=True)
class PackedContext:
    """The facts of a run. Settings come first: they may prepare a process before it is used."""

    settings: bytes
    facts: bytes

    @classmethod
    def of(cls, context: ExecutionContext) -> Self:
        """Pack a context.

        Raises:
            GraphRunError: something in it cannot travel.
        """
        settings = packed("A setting of the run", dict(context.settings))
        try:
            return cls(settings, packed("The graph", replace(context, settings={})))
        except GraphRunError:
            for name, node in context.graph_schema.nodes.items():
                packed(f"Node '{name}'", node)  # the error that names the node
            raise

    def unpacked(self) -> ExecutionContext:
        """Return the context of this process.

        Raises:
            GraphRunError: it needs what cannot be imported here.
        """
        settings = unpacked("A setting of the run", self.settings)
        context: ExecutionContext = unpacked("The graph", self.facts)
        return replace(context, settings=settings)


@dataclass(frozen=True)
class Assignment:
    """A node that is to be built.

    Attributes:
        name: of the node.
        node: its packed `SchemaNode`.
    """

    name: str
    node: bytes

    @classmethod
    def of(cls, name: str, node: SchemaNode) -> Self:
        """Assign a node. Its resource is fixed now, so that a second attempt makes the same.

        Raises:
            GraphRunError: something in its config cannot travel.
        """
        own = replace(node, resource=node.resource or Resource(name))
        return cls(name, packed(f"Node '{name}'", own))


@dataclass(frozen=True)
class NodeResult:
    """What came of a node.

    Attributes:
        output: packed; empty where it failed.
        resource: the output, if it is one.
        folders: what the node persisted, by resource.
        told: what settings of the context have to tell, by name.
        error: why it failed; None where it did not.
    """

    output: bytes = b""
    resource: Resource | None = None
    folders: Folders = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)
    error: PackedError | None = None


class WorkerStorage(LocalModelStorage):
    """A storage of one node: what it may read, and what it writes.

    Args:
        root: an empty folder.
        folders: what was persisted before, by resource.
    """

    def __init__(self, root: Path, folders: Folders) -> None:
        super().__init__(root)
        self._written: set[str] = set()
        self.add(folders)

    def add(self, folders: Folders) -> None:
        """Let the node read more of what was persisted before."""
        for name, files in folders.items():
            unpack_folder(files, self._root / name)

    @contextmanager
    def write_to(self, resource: Resource) -> Iterator[Path]:
        """Yield the resource's folder for writing; what was persisted before is in it."""
        with super().write_to(resource) as folder:
            self._written.add(resource.name)
            yield folder

    def written(self) -> Folders:
        """Return the resources that the node has written to, each as a whole."""
        return {name: packed_folder(self._root / name) for name in sorted(self._written)}


class WorkerNode:
    """A node that is built in this process; sent to another, it is built anew there.

    Args:
        context: the facts of the run.
        assignment: the node.
        folders: what was persisted before that it may read, by resource.

    Attributes:
        error: why it could not be built; None where it could.
    """

    def __init__(self, context: PackedContext, assignment: Assignment, folders: Folders) -> None:
        self._made_of = (context, assignment, folders)
        self._name = assignment.name
        root = tempfile.mkdtemp(prefix="onnlu-node-")
        weakref.finalize(self, shutil.rmtree, root, ignore_errors=True)
        self._storage = WorkerStorage(Path(root), folders)
        self.error: PackedError | None = None
        try:
            self._context = context.unpacked()
            node = unpacked(f"Node '{self._name}'", assignment.node)
            self._node = GraphNode.from_schema_node(self._name, node, self._storage, self._context)
        except Exception as error:
            self.error = PackedError.of(error)

    def __reduce__(self) -> tuple[Any, ...]:
        """Say what another process builds it of."""
        return WorkerNode, self._made_of

    def run(self, parcels: Mapping[str, bytes], folders: Folders) -> NodeResult:
        """Run the node.

        Args:
            parcels: packed inputs, by parameter name.
            folders: what was persisted since the node was built, by resource.
        """
        if self.error is not None:
            return NodeResult(error=self.error)
        try:
            self._storage.add(folders)
            what = f"An input of node '{self._name}'"
            inputs = {parameter: unpacked(what, value) for parameter, value in parcels.items()}
            output = self._node.run(**inputs)
            return NodeResult(
                output=packed(f"The output of node '{self._name}'", output),
                resource=output if isinstance(output, Resource) else None,
                folders=self._storage.written(),
                told={
                    name: setting.told()
                    for name, setting in self._context.settings.items()
                    if isinstance(setting, TravellingSetting)
                },
            )
        except Exception as error:
            return NodeResult(error=PackedError.of(error))


# The tasks of a cluster. None of them raises: an error is a result, and no cause to try again.


def build(context: PackedContext, assignment: Assignment, folders: Folders) -> WorkerNode:
    """Return a node that later tasks run."""
    return WorkerNode(context, assignment, folders)


def build_error(node: WorkerNode) -> PackedError | None:
    """Return why a node could not be built."""
    return node.error


def run(node: WorkerNode, folders: Folders, inputs: Mapping[str, NodeResult | bytes]) -> NodeResult:
    """Run a node that is built.

    Args:
        node: the node.
        folders: what was persisted since it was built that it may read, by resource.
        inputs: by parameter name, what came of a parent, or what the run was given, packed. Where
            two parents wrote the same file, the later one counts.
    """
    return node.run(_parcels(inputs), _readable(folders, inputs))


def build_and_run(
    context: PackedContext,
    assignment: Assignment,
    folders: Folders,
    inputs: Mapping[str, NodeResult | bytes],
) -> NodeResult:
    """Build a node and run it; for arguments see `build` and `run`."""
    return build(context, assignment, _readable(folders, inputs)).run(_parcels(inputs), {})


def _parcels(inputs: Mapping[str, NodeResult | bytes]) -> dict[str, bytes]:
    return {
        parameter: value.output if isinstance(value, NodeResult) else value
        for parameter, value in inputs.items()
    }


def _readable(folders: Folders, inputs: Mapping[str, NodeResult | bytes]) -> Folders:
    """Return what was persisted before together with what the parents persisted, by resource."""
    parents = [value.folders for value in inputs.values() if isinstance(value, NodeResult)]
    readable: dict[str, dict[str, bytes]] = {}
    for persisted in (folders, *parents):
        for name, files in persisted.items():
            readable.setdefault(name, {}).update(files)
    return readable
