"""The train graph of one fit: what of it has to run, and its run."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

from onnlu_engine import ExecutionContext, GraphNodeHook, LocalModelStorage, Resource
from onnlu_engine.logging_hook import LoggingHook
from onnlu_engine.model_directory import Model
from onnlu_engine.runner import CreateRunner, SequentialGraphRunner
from onnlu_engine.schema import GraphSchema
from onnlu_engine.training import (
    Action,
    GraphTrainer,
    TrainingCache,
    TrainingOutcome,
    TrainingPlan,
)
from onnlu_train.data.held_out import ImporterWithValidation
from onnlu_train.finetuning.base_model import FinetuningStorage, finetuned_nodes
from onnlu_train.recipe.placeholders import IMPORTER
from onnlu_train.training.finished import FinishedNodes
from onnlu_train.training.session import TrainingSession

# What all components are made of; the versions of what only some need, these name themselves.
_PACKAGES: Final = ("onnlu", "numpy")
_TENSORFLOW: Final = "tensorflow"


class TrainGraph:
    """The train graph of one fit.

    Args:
        schema: the graph.
        importer: what it learns from.
        components: an empty folder, where its components persist themselves.
        base: the model that it goes on from; None to begin.
        finished: nodes that are trained already, as a checkpoint has put them into `components`.
            Takes the names of those that are trained from now on.
        cache: what earlier fits left; None to run everything, and to keep nothing.
        force: run everything, but keep what it gives.
    """

    def __init__(
        self,
        schema: GraphSchema,
        importer: ImporterWithValidation,
        components: Path,
        *,
        base: Model | None = None,
        finished: list[str],
        cache: TrainingCache | None = None,
        force: bool = False,
    ) -> None:
        self._schema = schema
        self._inputs = {IMPORTER: importer}
        self._finished = finished
        self._is_finetuning = base is not None
        self._storage = LocalModelStorage(components)
        facts = {name: metadata.version(name) for name in _PACKAGES}
        if base is not None:
            self._storage = FinetuningStorage(components, base.components, finetuned_nodes(schema))
            facts["model_id of the model to finetune"] = base.model_id
        self._trainer = GraphTrainer(schema, cache=cache, force=force, facts=facts)

    def plan(self, session: TrainingSession) -> TrainingPlan:
        """Look what has to run; nothing is trained."""
        known = {name: Resource(name) for name in self._finished}
        return self._trainer.plan(self._inputs, self._storage, self._context(session), known)

    def restored(self, plan: TrainingPlan) -> TrainingPlan:
        """Restore what need not run; return the plan that holds for the rest."""
        return self._trainer.restore(plan, self._storage)

    def run(
        self,
        plan: TrainingPlan,
        session: TrainingSession,
        hooks: Sequence[GraphNodeHook] = (),
        create_runner: CreateRunner = SequentialGraphRunner.create,
        *,
        keeps: bool = True,
    ) -> TrainingOutcome:
        """Run what has to run.

        Args:
            plan: what `restored` returned.
            session: what the models of the fit share.
            hooks: called around each node.
            create_runner: creates what runs the nodes.
            keeps: keep in the cache what they give.

        Raises:
            TrainingInterrupted: the session was asked to end.
            OnnluException: as a component raised it.
        """
        own = [FinishedNodes(self._schema, self._finished), LoggingHook(plan.schema_to_run())]
        context = self._context(session)
        return self._trainer.run(
            plan, self._inputs, self._storage, context, [*own, *hooks], create_runner, keeps=keeps
        )

    def _context(self, session: TrainingSession) -> ExecutionContext:
        settings = {"training": session}
        return ExecutionContext(self._schema, is_finetuning=self._is_finetuning, settings=settings)


def needs_tensorflow(plan: TrainingPlan) -> bool:
    """Tell whether a plan runs anything that needs TensorFlow."""
    nodes = (plan.schema.nodes[name] for name in plan.having(Action.RUNS))
    return any(_TENSORFLOW in node.uses.required_packages() for node in nodes)
