"""What the models of one fit share: settings, callbacks, checkpoints, interruptions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from typing import Any

from onnlu_train.training.arrays import Arrays
from onnlu_train.training.callbacks import (
    Callbacks,
    TrainingCallback,
    TrainingRun,
    installed_callbacks,
)
from onnlu_train.training.checkpoint import Checkpoints
from onnlu_train.training.interruption import Interruption, TrainingInterrupted
from onnlu_train.training.keys import COMPONENT_KEYS, shaping_keys
from onnlu_train.training.options import TrainingOptions, number_held_out, training_options
from onnlu_train.training.tensorboard import TensorBoard
from onnlu_train.worker_session import versions_here, worker_session

Progress = Mapping[str, Any]


class TrainingSession:
    """One fit, as the training loops of its models see it.

    Args:
        train: keys of `train:`, checked.
        device: where it runs, "cpu" or "gpu:<number>"; or what workers of a cluster look for, if
            it runs there.
        callbacks: are told of every model, beside those that `train:` names.
        checkpoints: of this fit; None for none.
        interruption: asks for an end.
        tensorboard_run: folder below the directory for TensorBoard; none by default.
        entropy: decides the random seeds that are not given; by default drawn.

    Attributes:
        device: where it runs.
        metrics: of each model trained so far, by node.
    """

    def __init__(
        self,
        train: Mapping[str, Any] | None = None,
        *,
        device: str = "cpu",
        callbacks: Iterable[TrainingCallback] = (),
        checkpoints: Checkpoints | None = None,
        interruption: Interruption | None = None,
        tensorboard_run: str = "",
        entropy: int | None = None,
    ) -> None:
        self._train = dict(train or {})
        self.device = device
        self._callbacks = list(callbacks)
        self._checkpoints = checkpoints
        self._tensorboard_run = tensorboard_run
        self._entropy = random.SystemRandom().getrandbits(64) if entropy is None else entropy
        self.interruption = interruption or Interruption()
        self.metrics: dict[str, dict[str, float]] = {}
        if checkpoints is not None:
            self.metrics = checkpoints.state.metrics

    def __reduce__(self) -> tuple[Any, ...]:
        """Say what goes to a worker of a cluster: what decides the training, and nothing else.

        Callbacks, checkpoints and signals stay with the process of the fit; TensorBoard and the
        loggers that `train:` names, which look at a model, run where the model is.
        """
        facts = {"tensorboard_run": self._tensorboard_run, "entropy": self._entropy}
        make = partial(worker_session, versions_here(), self.device, self._train, **facts)
        return make, ()

    def told(self) -> dict[str, Any]:
        """Return what a worker's session tells that of the fit."""
        return {"device": self.device, "metrics": self.metrics}

    def take(self, told: dict[str, Any]) -> None:
        """Take what the session of a worker has told."""
        self.device = told["device"]
        self.metrics.update(told["metrics"])

    @cached_property
    def callbacks(self) -> Callbacks:
        """Tells all of them."""
        loggers = installed_callbacks(self._train.get("loggers", ()))
        return Callbacks([*self._callbacks, *loggers, TensorBoard(self._tensorboard_run)])

    def options_for(self, component: Mapping[str, Any]) -> TrainingOptions:
        """Return how a component's model is trained.

        Raises:
            InvalidConfigException: its options and `train:` cannot be had together.
        """
        return training_options(component, self._train, self.device)

    def shaping_facts(self, component: Mapping[str, Any]) -> dict[str, Any]:
        """Return what decides what a component learns, besides its config.

        Args:
            component: its whole config; keys of `train:` are in it where it knows them.
        """
        facts = {
            f"train.{key}": value
            for key, value in shaping_keys(self._train).items()
            if not (key in COMPONENT_KEYS and key in component)
        }
        if facts.get("train.mixed_precision", "off") != "off":
            # In a cluster each worker has one of its own.
            facts["device"] = self.device.partition(":")[0]
        return facts

    def number_held_out(self, component: Mapping[str, Any]) -> int:
        """Return how many of its examples a component holds out, by its own options."""
        return number_held_out(component, self._train)

    def random_seed(self, node: str, seed: int | None) -> int:
        """Return a node's seed; one that is not given is drawn, and kept in the checkpoint."""
        if seed is not None:
            return seed
        seeds = {} if self._checkpoints is None else self._checkpoints.state.seeds
        return seeds.setdefault(node, random.Random(f"{self._entropy}/{node}").getrandbits(31))

    def resumed(self, node: str) -> tuple[dict[str, Any], Arrays] | None:
        """Return how far a node's training was and its arrays; None where it begins."""
        checkpoints = self._checkpoints
        if checkpoints is None or checkpoints.state.node != node:
            return None
        return checkpoints.state.progress, checkpoints.arrays()

    def pause(self, run: TrainingRun, progress: Progress, arrays: Callable[[], Arrays]) -> None:
        """Write a checkpoint where it is time for one, and end the fit where that is asked for.

        Args:
            run: the training that has just done a step.
            progress: how far its loop is.
            arrays: returns what the training has changed.

        Raises:
            TrainingInterrupted: the fit was asked to end.
        """
        interrupted, checkpoints = self.interruption.requested, self._checkpoints
        folder = None
        if checkpoints is not None and (interrupted or checkpoints.due):
            state = checkpoints.state
            state.node, state.epochs, state.progress = run.node, run.options.epochs, dict(progress)
            folder = checkpoints.write(arrays(), interrupted=interrupted)
        if interrupted:
            raise TrainingInterrupted(run.name, progress["epoch"], run.options.epochs, folder)
