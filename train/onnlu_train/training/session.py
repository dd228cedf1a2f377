"""What the models of one fit share: settings, callbacks, checkpoints, interruptions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from onnlu_train.training.callbacks import Callbacks, TrainingCallback, TrainingRun
from onnlu_train.training.checkpoint import Checkpoints
from onnlu_train.training.interruption import Interruption, TrainingInterrupted
from onnlu_train.training.model_state import Arrays
from onnlu_train.training.options import TrainingOptions, number_held_out, training_options
from onnlu_train.training.tensorboard import TensorBoard

Progress = Mapping[str, Any]


class TrainingSession:
    """One fit, as the training loops of its models see it.

    Args:
        train: keys of `train:`, checked.
        device: where it runs, "cpu" or "gpu:<number>".
        callbacks: are told of every model.
        checkpoints: of this fit; None for none.
        interruption: asks for an end.
        tensorboard_run: folder below the directory for TensorBoard; none by default.

    Attributes:
        callbacks: tells all of them.
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
    ) -> None:
        self._train = dict(train or {})
        self._device = device
        self._checkpoints = checkpoints
        self.interruption = interruption or Interruption()
        self.callbacks = Callbacks([*callbacks, TensorBoard(tensorboard_run)])
        self.metrics: dict[str, dict[str, float]] = {}
        if checkpoints is not None:
            self.metrics = checkpoints.state.metrics

    def options_for(self, component: Mapping[str, Any]) -> TrainingOptions:
        """Return how a component's model is trained.

        Raises:
            InvalidConfigException: its options and `train:` cannot be had together.
        """
        return training_options(component, self._train, self._device)

    def number_held_out(self, component: Mapping[str, Any]) -> int:
        """Return how many of its examples a component holds out, by its own options."""
        return number_held_out(component, self._train)

    def random_seed(self, node: str, seed: int | None) -> int:
        """Return a node's seed; one that is not given is drawn, and kept in the checkpoint."""
        if seed is not None:
            return seed
        seeds = {} if self._checkpoints is None else self._checkpoints.state.seeds
        return seeds.setdefault(node, random.SystemRandom().getrandbits(31))

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
