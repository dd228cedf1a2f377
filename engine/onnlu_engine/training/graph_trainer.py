"""Trains a graph: fingerprints, prunes, runs."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from onnlu_engine.context import ExecutionContext
from onnlu_engine.hooks import GraphNodeHook
from onnlu_engine.plan import topological_order
from onnlu_engine.resource import Resource
from onnlu_engine.runner import CreateRunner, SequentialGraphRunner
from onnlu_engine.schema import GraphSchema, is_placeholder
from onnlu_engine.storage import ModelStorage
from onnlu_engine.training.cache import TrainingCache
from onnlu_engine.training.fingerprint_run import FingerprintStatus, fingerprint_run
from onnlu_engine.training.node_key import Fingerprint, NodeKeys
from onnlu_engine.training.output_type import cacheable_output_type
from onnlu_engine.training.pruning import Action
from onnlu_engine.training.training_hook import TrainingHook, output_fingerprint
from onnlu_engine.training.training_plan import TrainingPlan


@dataclass(frozen=True)
class TrainingOutcome:
    """What became of each node in a training.

    Attributes:
        ran: nodes that ran.
        restored: nodes whose results were restored.
        pruned: nodes that nothing needed.
    """

    ran: list[str]
    restored: list[str]
    pruned: list[str]


class GraphTrainer:
    """Trains a graph, and runs of it only what no earlier training has left in the cache.

    `plan` looks what has to run; `restore` takes the rest from the cache; `run` runs it.

    Args:
        schema: the train graph.
        cache: what earlier trainings left; None to run everything, and to keep nothing.
        force: run everything, but keep what it gives.
        facts: what decides what every node gives, besides config, inputs and code; as JSON.
    """

    def __init__(
        self,
        schema: GraphSchema,
        *,
        cache: TrainingCache | None = None,
        force: bool = False,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self._schema = schema
        self._cache = cache
        self._force = force
        self._facts = dict(facts or {})

    def train(
        self,
        inputs: Mapping[str, Any],
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: Sequence[GraphNodeHook] = (),
        known: Mapping[str, Any] | None = None,
    ) -> TrainingOutcome:
        """Plan, restore and run; for arguments and errors see those."""
        plan = self.plan(inputs, model_storage, execution_context, known)
        plan = self.restore(plan, model_storage)
        return self.run(plan, inputs, model_storage, execution_context, hooks)

    def plan(
        self,
        inputs: Mapping[str, Any],
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        known: Mapping[str, Any] | None = None,
    ) -> TrainingPlan:
        """Look what has to run. Only the graph's input nodes do, to see what they are given.

        Args:
            inputs: placeholder, such as `__importer__`, to its value.
            model_storage: where input nodes may persist themselves.
            execution_context: facts of this graph run.
            known: outputs of nodes that need not run, as an interrupted training left them.

        Raises:
            OnnluException: as an input node raised it.
        """
        plan = TrainingPlan(self._schema, NodeKeys(self._schema, execution_context, self._facts))
        plan = replace(plan, known=dict(known or {}))
        if self._cache is not None:
            given = self._outputs_of_inputs(inputs, model_storage, execution_context, plan.known)
            fingerprints: dict[str, Fingerprint | None] = {
                name: output_fingerprint(value, model_storage)
                for name, value in {**inputs, **given, **plan.known}.items()
            }
            cache = None if self._force else self._cache
            statuses = fingerprint_run(self._schema, plan.keys, fingerprints, cache)
            fingerprints |= {name: found.output_fingerprint for name, found in statuses.items()}
            plan = replace(plan, given=given, statuses=statuses, fingerprints=fingerprints)
        return self._decided(plan)

    def restore(self, plan: TrainingPlan, model_storage: ModelStorage) -> TrainingPlan:
        """Restore what is to be restored.

        Args:
            plan: what `plan` returned.
            model_storage: takes what is restored; the same as `plan` was given.

        Returns:
            The plan that holds: what could not be restored runs, and what that needs.
        """
        order = topological_order(self._schema)
        while name := _first_to_restore(plan, order):
            output = self._restored(name, plan.statuses[name], model_storage)
            if output is None:
                lost = {name: replace(plan.statuses[name], has_result=False)}
                before = plan.known
                plan = self._decided(replace(plan, statuses={**plan.statuses, **lost}))
                for stale in before.keys() - plan.known.keys():
                    _remove(stale, model_storage)
            else:
                plan = replace(plan, known={**plan.known, name: output})
        return plan

    def run(
        self,
        plan: TrainingPlan,
        inputs: Mapping[str, Any],
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: Sequence[GraphNodeHook] = (),
        create_runner: CreateRunner = SequentialGraphRunner.create,
        *,
        keeps: bool = True,
    ) -> TrainingOutcome:
        """Run what has to run, and keep what it gives.

        Args:
            plan: what `restore` returned.
            inputs: placeholder to its value.
            model_storage: where the components persist themselves; the same as `restore` was given.
            execution_context: facts of this graph run.
            hooks: called around each node, before the one that keeps its output.
            create_runner: creates what runs the graph; takes what `GraphRunner.create` takes.
            keeps: False where nodes run on machines that may have other sources and files.

        Raises:
            GraphRunError: a placeholder that a node needs is not among the inputs.
            OnnluException: as a component raised it.
            GraphComponentException: a component raised another error, or a hook any.
        """
        all_hooks = list(hooks)
        found: list[str] = []
        if self._cache is not None:
            hook = TrainingHook(
                self._cache, plan, model_storage, reads=not self._force, keeps=keeps
            )
            found = hook.restored
            all_hooks.append(hook)  # last, so that no other hook waits for the cache
            used = [status.key.digest for status in plan.statuses.values() if status.is_hit]
            self._cache.mark_as_used([digest for digest in used if digest])
        # Hooks see the whole graph, so that they know the class behind a stand-in.
        context = replace(execution_context, graph_schema=self._schema)
        schema = plan.schema_to_run()
        create_runner(schema, model_storage, context, all_hooks).run(inputs)
        return TrainingOutcome(
            [name for name in plan.having(Action.RUNS) if name not in found],
            [*plan.having(Action.RESTORED), *found],
            plan.having(Action.PRUNED),
        )

    # What `plan` needs

    def _outputs_of_inputs(
        self,
        inputs: Mapping[str, Any],
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        known: Collection[str],
    ) -> dict[str, Any]:
        targets = [name for name in self._inputs() if name not in known]
        if not targets:
            return {}
        schema = self._schema.minimal_graph_schema(targets)
        runner = SequentialGraphRunner.create(schema, model_storage, execution_context)
        return runner.run(inputs, targets)

    def _inputs(self) -> list[str]:
        """Return the input nodes; one that needs a node that is none runs when that has run."""
        found: list[str] = []
        for name in topological_order(self._schema):
            node = self._schema.nodes[name]
            parents = node.needs.values()
            if node.is_input and all(p in found or is_placeholder(p) for p in parents):
                found.append(name)
        return found

    def _restored(
        self, name: str, status: FingerprintStatus, model_storage: ModelStorage
    ) -> Any | None:
        output_type = cacheable_output_type(self._schema.nodes[name])
        if self._cache is None or status.key.digest is None or output_type is None:
            return None
        return self._cache.get_cached_result(status.key.digest, name, output_type, model_storage)

    def _decided(self, plan: TrainingPlan) -> TrainingPlan:
        """Decide what becomes of each node.

        A node that is trained again, as its result is lost, may learn something else than before:
        what depends on it is not known until it has run.
        """
        kept_keys = None if self._cache is None else self._cache.keys_of
        while True:
            plan = plan.decided(kept_keys, self._force)
            if not plan.trained_again():
                return plan
            plan = _with_open_outputs(plan, plan.trained_again(), self._cache)


def _with_open_outputs(
    plan: TrainingPlan, names: Collection[str], cache: TrainingCache | None
) -> TrainingPlan:
    """Return the plan as it is where the outputs of some nodes are not known before they run."""
    statuses = plan.statuses
    certain = {name: f for name, f in plan.fingerprints.items() if name not in statuses}
    already_open = [name for name in statuses if plan.is_open(name)]
    found = fingerprint_run(
        plan.schema, plan.keys, {**certain, **dict.fromkeys([*names, *already_open])}, cache
    )
    # What could not be restored before cannot be now.
    found = {
        name: replace(status, has_result=status.has_result and statuses[name].has_result)
        for name, status in found.items()
    }
    known = {n: v for n, v in plan.known.items() if n not in found or found[n].has_result}
    outputs = {name: status.output_fingerprint for name, status in found.items()}
    return replace(
        plan,
        known=known,
        statuses={**statuses, **found},
        fingerprints={**plan.fingerprints, **outputs, **dict.fromkeys(names)},
    )


def _remove(name: str, model_storage: ModelStorage) -> None:
    """Remove what was restored of a node, which runs after all."""
    with model_storage.write_to(Resource(name)) as folder:
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _first_to_restore(plan: TrainingPlan, order: Sequence[str]) -> str | None:
    """Return the first node, parents first, that is still to be restored."""
    restored = {*plan.having(Action.RESTORED)} - plan.known.keys()
    return next((name for name in order if name in restored), None)
