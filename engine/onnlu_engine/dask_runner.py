"""Runs independent nodes of a graph side by side, in the workers of a Dask cluster."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import Any, Final, Self
from weakref import finalize

from distributed import Future

from onnlu_engine.context import ExecutionContext
from onnlu_engine.dask_cluster import Cluster, dask_cluster
from onnlu_engine.errors import GraphRunError, ResourceNotFoundException
from onnlu_engine.hooks import GraphNodeHook, HookCalls
from onnlu_engine.node import GraphNode
from onnlu_engine.parcels import Folder, packed, packed_folder, unpack_folder, unpacked
from onnlu_engine.plan import Plan, Plans, Step
from onnlu_engine.resource import Resource
from onnlu_engine.runner import GraphRunner
from onnlu_engine.schema import GraphSchema, SchemaNode
from onnlu_engine.storage import ModelStorage
from onnlu_engine.worker_node import (
    Assignment,
    Folders,
    NodeResult,
    PackedContext,
    TravellingSetting,
    WorkerNode,
    build,
    build_and_run,
    build_error,
    run,
)

LARGE: Final = 1_000_000  # bytes; Dask warns of arguments of ten times this


class DaskGraphRunner(GraphRunner):
    """Runs nodes in the workers of a cluster.

    Each node gets copies of its own of what it needs; outputs go from worker to worker. What a
    node persists travels with its output, as bytes: workers share no folder. Hooks run in this
    process: before a node is sent, and when what came of it is back, in the storage too. The node
    of a worker that dies runs again on another one, which no hook is told of. Where a node fails,
    so does the run, and what runs beside it is given up.

    Args:
        graph_schema: the graph to run; its components can be imported by the workers.
        model_storage: what nodes persist comes here, and what they read comes from here.
        execution_context: facts of this graph run, sent to the workers with its settings; a
            `TravellingSetting` brings back what it learns there.
        hooks: called around each node.
        cluster: where nodes run; by default a local one that ends with the runner.

    Raises:
        GraphSchemaException: as `SequentialGraphRunner`.
        GraphRunError: something cannot be sent to the cluster, or the cluster fails.
        OnnluException: as an eager component raised it.
        GraphComponentException: an eager component raised another error.
    """

    def __init__(
        self,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
        cluster: Cluster | None = None,
    ) -> None:
        self._plans = Plans(graph_schema)
        self._schema = graph_schema
        self._storage = model_storage
        self._settings = execution_context.settings
        self._has_hooks = bool(hooks)
        # What is wrong with a node shows here, and here its hooks are called; it runs elsewhere.
        self._nodes = {
            name: GraphNode.from_schema_node(
                name, replace(node, eager=False), model_storage, execution_context, hooks
            )
            for name, node in graph_schema.nodes.items()
        }
        context = PackedContext.of(execution_context)
        if cluster is None:
            own = ExitStack()
            cluster = own.enter_context(dask_cluster())
            finalize(self, own.close)
        self._cluster = cluster
        self._context = cluster.keep(context)
        self._built = self._build_eager_nodes()

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
        cluster: Cluster | None = None,
    ) -> Self:
        """Build a runner; eager components are loaded now. For the rest see the class."""
        return cls(graph_schema, model_storage, execution_context, hooks, cluster)

    def run(
        self, inputs: Mapping[str, Any] | None = None, targets: list[str] | None = None
    ) -> dict[str, Any]:
        """Run what the targets need, each node once, unless the worker is lost that has its output.

        Raises:
            GraphRunError: as `SequentialGraphRunner`; something cannot be sent to another process;
                or the cluster fails.
            OnnluException: as a component raised it.
            GraphComponentException: a component raised another error, or a hook any.
        """
        inputs = inputs or {}
        return _Run(self, self._plans.plan(inputs, targets), inputs).outputs()

    def _build_eager_nodes(self) -> dict[str, Future[WorkerNode]]:
        folders = _Folders(self._cluster, self._storage)
        built, errors = {}, {}
        for name, node in self._schema.nodes.items():
            if node.eager:
                readable = folders.of([(node.resource or Resource(name)).name])
                assignment = self._assigned(name, node)
                built[name] = self._cluster.submit(name, build, self._context, assignment, readable)
                errors[name] = self._cluster.submit(name, build_error, built[name])
        for name, future in errors.items():
            error = self._cluster.result(f"Node '{name}'", future)
            if error is not None:
                raise error.unpacked()
        return built

    def _assigned(self, name: str, node: SchemaNode) -> Assignment | Future[Assignment]:
        """Return a node as an argument of a task; what is restored of a node is in its config."""
        assignment = Assignment.of(name, node)
        return assignment if len(assignment.node) < LARGE else self._cluster.keep(assignment)


class _Run:
    """One run: what is sent, what came back, and who still needs it."""

    def __init__(self, runner: DaskGraphRunner, plan: Plan, inputs: Mapping[str, Any]) -> None:
        self._runner, self._cluster = runner, runner._cluster
        self._targets = plan.targets
        self._steps = {step.name: step for step in plan.steps}
        self._places = {name: place for place, name in enumerate(self._steps)}
        self._readers = Counter(plan.targets)
        for step in plan.steps:
            self._readers.update({parent for _, parent in step.needs})
        self._folders = _Folders(self._cluster, runner._storage)
        self._outputs = {
            name: packed(f"Input '{name}'", inputs[name])
            for name in {placeholder for placeholder, _, _ in plan.placeholders}
        }
        self._futures: dict[str, Future[Any]] = {
            name: self._cluster.keep(parcel) for name, parcel in self._outputs.items()
        }
        self._resources: dict[str, str] = {}
        self._running: dict[Future[NodeResult], str] = {}
        self._calls: dict[str, HookCalls] = {}

    def outputs(self) -> dict[str, Any]:
        """Run every step; return target name to output."""
        parents = {
            name: {parent for _, parent in step.needs if parent in self._steps}
            for name, step in self._steps.items()
        }
        order, ready = TopologicalSorter(parents), deque[str]()
        order.prepare()
        try:
            while order.is_active():
                ready.extend(order.get_ready())
                # What would wait in a queue is not sent: to its hooks it would seem to run.
                free = max(1, self._cluster.threads) - len(self._running)
                for _ in range(min(free, len(ready))):
                    self._start(self._steps[ready.popleft()])
                order.done(*self._ended())
        except BaseException as error:
            self._give_up(error)
            raise
        return {name: self._output(name) for name in self._targets}

    def _start(self, step: Step) -> None:
        """Tell the hooks, and send the node unless they know what it gives."""
        runner, name = self._runner, step.name
        with self._hooked(name) as calls:
            known = None
            if runner._has_hooks:
                calls.before({parameter: self._output(parent) for parameter, parent in step.needs})
                known = calls.known_output()
            if known is not None:
                # A value, which no worker has to make.
                resource = known.value if isinstance(known.value, Resource) else None
                output = packed(f"The output of node '{name}'", known.value)
                future = self._cluster.keep(NodeResult(output, resource))
            else:
                future = self._sent(step)
        self._running[future] = name

    def _sent(self, step: Step) -> Future[NodeResult]:
        """Send a node with all that it may read."""
        runner, name = self._runner, step.name
        # As one node after the other would write: what a later one did counts.
        needs = sorted(step.needs, key=lambda need: self._places.get(need[1], -1))
        inputs = {parameter: self._futures[parent] for parameter, parent in needs}
        given = [self._resources[parent] for _, parent in needs if parent in self._resources]
        if name in runner._built:
            folders = self._folders.of(given)
            return self._cluster.submit(name, run, runner._built[name], folders, inputs)
        node = runner._schema.nodes[name]
        folders = self._folders.of([(node.resource or Resource(name)).name, *given])
        assignment = runner._assigned(name, node)
        return self._cluster.submit(
            name, build_and_run, runner._context, assignment, folders, inputs
        )

    def _ended(self) -> list[str]:
        """Wait for nodes to end, but not for long; return those that did."""
        names = []
        for future in self._cluster.finished(self._running):
            name = self._running.pop(future)
            with self._hooked(name) as calls:
                result = self._cluster.result(f"Node '{name}'", future)
                self._take(name, result)
                self._futures[name] = future
                if self._runner._has_hooks:
                    calls.after(self._output(name))
            del self._calls[name]
            self._drop_what_nobody_reads(name)
            names.append(name)
        return names

    def _take(self, name: str, result: NodeResult) -> None:
        """Take what came of a node.

        Raises:
            Exception: as the node raised it.
        """
        if result.error is not None:
            raise result.error.unpacked()
        self._outputs[name] = result.output
        if result.resource is not None and result.resource.name not in result.folders:
            self._resources[name] = result.resource.name
        self._folders.store(result.folders)
        for key, told in result.told.items():
            setting = self._runner._settings[key]
            if isinstance(setting, TravellingSetting):
                setting.take(told)

    def _output(self, name: str) -> Any:
        return unpacked(f"The output of '{name}'", self._outputs[name])

    def _drop_what_nobody_reads(self, name: str) -> None:
        for parent in {parent for _, parent in self._steps[name].needs}:
            self._readers[parent] -= 1
            if not self._readers[parent]:
                del self._futures[parent], self._outputs[parent]

    @contextmanager
    def _hooked(self, name: str) -> Iterator[HookCalls]:
        """Yield the calls of a node's hooks; they are told of what is raised inside."""
        calls = self._calls.setdefault(name, self._runner._nodes[name].hook_calls())
        try:
            yield calls
        except BaseException as error:
            calls.failed(error)
            raise

    def _give_up(self, error: BaseException) -> None:
        """Let go of all that runs, and tell the hooks of these nodes."""
        self._cluster.let_go(self._running)
        for name, calls in self._calls.items():
            if isinstance(error, Exception):
                calls.failed(
                    GraphRunError(f"Node '{name}' was given up as the run failed: {error}")
                )
            else:
                calls.failed(error)


class _Folders:
    """What is in a storage, sent to a cluster once.

    Args:
        cluster: where it is sent.
        storage: what it is read from, and what nodes persist is written to.
    """

    def __init__(self, cluster: Cluster, storage: ModelStorage) -> None:
        self._cluster, self._storage = cluster, storage
        self._sent: dict[str, Future[Folder]] = {}

    def of(self, names: Iterable[str]) -> dict[str, Future[Folder]]:
        """Return the folders of those resources that were persisted."""
        for name in names:
            if name not in self._sent:
                with (
                    suppress(ResourceNotFoundException),
                    self._storage.read_from(Resource(name)) as folder,
                ):
                    self._sent[name] = self._cluster.keep(packed_folder(folder))
        return {name: self._sent[name] for name in names if name in self._sent}

    def store(self, folders: Folders) -> None:
        """Write what a node has persisted."""
        for name, files in folders.items():
            with self._storage.write_to(Resource(name)) as folder:
                unpack_folder(files, folder)
            self._sent.pop(name, None)
