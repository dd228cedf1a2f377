"""Train a model: from config and data to a model directory."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnlu_engine.errors import InvalidConfigException
from onnlu_engine.hooks import GraphNodeHook
from onnlu_engine.model_directory import check_target, write_model
from onnlu_engine.node_times import NodeTimes
from onnlu_engine.registry import ComponentRegistry
from onnlu_engine.training import Action, TrainingPlan
from onnlu_train.data import TrainingDataImporter
from onnlu_train.data.held_out import ImporterWithValidation, validation_paths
from onnlu_train.external_data import external_data
from onnlu_train.finetuning.base_model import finetuning_notices, open_base_model
from onnlu_train.finetuning.config_changes import check_unchanged
from onnlu_train.fit_options import FitOptions
from onnlu_train.input_problems import InputProblems
from onnlu_train.recipe import (
    check_graphs,
    custom_components,
    graph_model_configuration,
    option_problems,
    read_config,
)
from onnlu_train.recipe.train_section import merged_train
from onnlu_train.runners import SEQUENTIAL, runner_of
from onnlu_train.tensorflow_setup import check_device, prepare_process, use_device
from onnlu_train.trained_model import SAMPLES, labels_of, manifest_of, versions, write_samples
from onnlu_train.training.callbacks import TrainingCallback, check_installed
from onnlu_train.training.checkpoint import (
    Checkpoints,
    FitState,
    check_place,
    checkpoint_folder,
    read_state,
)
from onnlu_train.training.facts import check_same, fit_facts
from onnlu_train.training.interruption import Interruption
from onnlu_train.training.keys import TRAIN_KEYS, check_keys, shaping_keys
from onnlu_train.training.options import uses_mixed_precision
from onnlu_train.training.session import TrainingSession
from onnlu_train.training.train_graph import TrainGraph, needs_tensorflow

__all__ = ["Fit", "FitOptions", "FitResult"]


@dataclass(frozen=True)
class FitResult:
    """What came of a training.

    Attributes:
        model_id: the model's digest.
        device: where it was trained; None where no node that ran needs TensorFlow.
        examples: distinct examples that it was trained on.
        validation_examples: examples that it was validated on, as `train:` asked for.
        duplicates: examples dropped as exact duplicates.
        labels: intents, entity types, roles and groups.
        metrics: last metrics of each model that was trained, by node of the train graph.
        ran: nodes of the train graph that ran.
        restored: nodes whose results were restored, from the cache or from the checkpoint.
        seconds: what each node took that ran.
        finetuned_from: `model_id` of the model that the training went on from, if there was one.
    """

    model_id: str
    device: str | None
    examples: int
    validation_examples: int
    duplicates: int
    labels: dict[str, list[str]]
    metrics: dict[str, dict[str, float]]
    ran: list[str]
    restored: list[str]
    seconds: dict[str, float]
    finetuned_from: str | None = None


class Fit:
    """One training, checked before it starts.

    Args:
        options: what to train.
        importer: reads the training data; by default all that the options name.
        start: called before TensorFlow is imported, if it is.

    Attributes:
        device: where it trains, in a cluster what its workers look for; None until something needs
            TensorFlow. A fit with a cache may need none; one without chooses at once.
        data: what it trains on.
        checkpoint: where an interrupted training can go on from.
        notices: one line each on what the user should know.

    Raises:
        InvalidConfigException: the config has problems, is not that of the model to finetune, or
            with `resume` something has changed.
        GraphSchemaValidationException: the graphs of the config cannot run.
        InvalidDataException: the data has problems; both are read before either is reported.
        ModelWriteException: the place of the model, or of its checkpoint, is taken.
        ModelException: the checkpoint or the model to finetune cannot be used.
    """

    def __init__(
        self,
        options: FitOptions,
        importer: TrainingDataImporter | None = None,
        *,
        start: Callable[[], None] = prepare_process,
    ) -> None:
        check_target(options.out, options.overwrite)
        if options.resume and options.runner != SEQUENTIAL:
            raise InvalidConfigException(
                "A fit on a cluster writes no checkpoints and goes on from none. Leave out "
                "--resume, or go on without the cluster."
            )
        self.checkpoint = checkpoint_folder(options.out)
        check_place(self.checkpoint)
        self._options = options
        self._base = open_base_model(options.finetune) if options.finetune else None
        self._base_id = None if self._base is None else self._base.model_id
        self._start = start
        self.device: str | None = None
        check_device(options.device)
        if options.cache is None:
            self._choose_device()
        training = importer or TrainingDataImporter(options.data)
        problems = InputProblems()
        with problems.kept():
            check_keys(options.overrides)
        with problems.kept():
            self._config = read_config(options.config, skip_unsupported=options.skip_unsupported)
            if not problems:
                self._configure()
        with problems.kept():
            training.nlu_data()
        problems.raise_any()
        self._importer = self._with_validation(training)
        self.data = self._importer.nlu_data()
        self.duplicates = training.result.duplicates
        self._state = self._initial_state()
        self._checkpoints: Checkpoints | None = None
        self.notices = (
            *self._config.notices,
            *(f"'{key}' is skipped: {why}" for key, why in self._inapplicable.items()),
            *training.result.notices,
            *(finetuning_notices(self._base, self._configuration) if self._base else ()),
            *self._checkpoint_notices(),
        )

    @property
    def kept(self) -> Path | None:
        """The checkpoint of this very fit; None where it has none, though another fit may."""
        if self._checkpoints is not None:
            return self._checkpoints.own
        return None if self._state.node is None else self.checkpoint

    def run(
        self,
        callbacks: Sequence[TrainingCallback] = (),
        hooks: Sequence[GraphNodeHook] = (),
    ) -> FitResult:
        """Train every component and write the model.

        Args:
            callbacks: are told of every model's training, in this process.
            hooks: are called around every node of the train graph.

        Raises:
            TrainingInterrupted: Ctrl-C or SIGTERM while a model was training; it says whether a
                checkpoint was written.
            KeyboardInterrupt: the same, at another time.
        """
        interruption = Interruption()
        with (
            interruption.handled(),
            tempfile.TemporaryDirectory(prefix="onnlu-fit-") as work,
        ):
            folders = {name: Path(work) / name for name in ("components", SAMPLES)}
            for folder in folders.values():
                folder.mkdir()
            checkpoints = self._checkpoints = self._restored(folders["components"])
            graph = self._train_graph(folders["components"], checkpoints.state.finished)
            plan = graph.restored(graph.plan(self._session()))
            if needs_tensorflow(plan):
                self._choose_device()
            session = self._session(
                callbacks=callbacks,
                checkpoints=checkpoints,
                interruption=interruption,
                tensorboard_run=self._options.tensorboard_run,
            )
            times = NodeTimes()
            # Where nothing runs, no cluster need start.
            runner = self._options.runner if plan.having(Action.RUNS) else SEQUENTIAL
            with runner_of(runner, self._options.scheduler) as create_runner:
                # Machines of another cluster may have other components and files.
                keeps = self._options.scheduler is None
                outcome = graph.run(plan, session, [times, *hooks], create_runner, keeps=keeps)
            write_samples(folders[SAMPLES], self.data)
            manifest = manifest_of(
                self._config,
                shaping_keys(self._train),
                self._configuration,
                self.data,
                folders["components"],
                self._external_data,
                self._base_id,
            )
            model_id = write_model(
                self._options.out, manifest, folders, overwrite=self._options.overwrite
            )
            checkpoints.remove()
        return FitResult(
            model_id=model_id,
            device=None if self.device is None else session.device,
            examples=len(self.data.examples),
            validation_examples=len(self._importer.validation_data().examples),
            duplicates=self.duplicates,
            labels=labels_of(self.data),
            metrics=session.metrics,
            ran=outcome.ran,
            restored=outcome.restored,
            seconds={name: times.seconds[name] for name in outcome.ran if name in times.seconds},
            finetuned_from=self._base_id,
        )

    def plan(self) -> TrainingPlan:
        """Return what `run` would do with each node, and why; nothing is trained or written."""
        with tempfile.TemporaryDirectory(prefix="onnlu-plan-") as work:
            finished = self._restored(Path(work)).state.finished
            return self._train_graph(Path(work), finished).plan(self._session())

    def _choose_device(self) -> None:
        if self.device is not None:
            return
        self.device = self._options.device
        # In a cluster, this process needs none, and a worker of this machine may need its GPU.
        if self._options.runner == SEQUENTIAL:
            self._start()
            self.device = use_device(self._options.device)

    def _session(self, **watching: Any) -> TrainingSession:
        # Where no precision is to be chosen, what is learnt is the same for all devices.
        return TrainingSession(self._train, device=self.device or "cpu", **watching)

    def _train_graph(self, components: Path, finished: list[str]) -> TrainGraph:
        return TrainGraph(
            self._configuration.train_schema,
            self._importer,
            components,
            base=self._base,
            finished=finished,
            cache=self._options.cache,
            force=self._options.force,
        )

    def _configure(self) -> None:
        """Merge `train:` and make the graphs, and have every component check its options."""
        self._inapplicable = self._config.recipe.inapplicable(self._options.overrides)
        overrides = {
            key: value
            for key, value in self._options.overrides.items()
            if key not in self._inapplicable
        }
        self._train = merged_train(self._config.train, overrides)
        self._configuration = graph_model_configuration(
            self._config, overrides, is_finetuning=self._base is not None
        )
        problems = InputProblems()
        with problems.kept():
            check_graphs(self._configuration)
        if self._train.get("mixed_precision", "off") != "off":
            self._choose_device()
        path, settings = self._options.config, {"training": self._session()}
        for problem in option_problems(self._configuration, settings):
            problems.add(InvalidConfigException(f"{path}: {problem}"))
        problems.raise_any()
        self._external_data = external_data(self._configuration.predict_schema)
        if self._base is not None:
            registry = ComponentRegistry(custom_components(self._config))
            check_unchanged(self._base, self._configuration, self._external_data, registry)
        check_installed(self._train.get("loggers", ()))

    def _with_validation(self, training: TrainingDataImporter) -> ImporterWithValidation:
        if paths := validation_paths(self._train):
            return ImporterWithValidation(training, TrainingDataImporter(paths))
        return ImporterWithValidation(training, split=self._train.get("validation_split", 0))

    def _initial_state(self) -> FitState:
        """Return how far the fit is: nowhere, or where its checkpoint is."""
        facts = fit_facts(
            versions=versions("onnlu", "numpy", "tensorflow", "keras"),
            schema=self._configuration.predict_schema,
            train_schema=self._configuration.train_schema,
            train=self._train,
            training_data=self.data,
            validation_data=self._importer.validation_data(),
            external_data=self._external_data,
            mixed_precision=uses_mixed_precision(self._train, self.device or "cpu"),
            base=self._base_id,
        )
        state = read_state(self.checkpoint) if self._options.resume else None
        if state is None:
            return FitState(facts)
        check_same(state.facts, facts, str(self.checkpoint))
        return state

    def _checkpoint_notices(self) -> Iterator[str]:
        if self._state.node is not None:
            yield f"goes on from {self.checkpoint}: {self._state}"
        elif self._options.resume:
            yield f"there is no checkpoint {self.checkpoint}: the fit starts from the beginning"
        elif self.checkpoint.exists() and self._options.runner == SEQUENTIAL:
            yield (
                f"{self.checkpoint} holds an interrupted fit; this one starts from the beginning "
                "and replaces it at its first checkpoint. Pass --resume to go on from it"
            )

    def _restored(self, components: Path) -> Checkpoints:
        """Return the checkpoints of a run, which begins where the one that is there ends."""
        state = copy.deepcopy(self._state)
        checkpoints = Checkpoints(
            self.checkpoint,
            components,
            state,
            minutes=self._train.get("checkpoint_every", TRAIN_KEYS["checkpoint_every"].default),
            resumes=state.node is not None,
        )
        if state.node is not None:
            checkpoints.restore_components()
        return checkpoints
