"""How a training goes, in the log of its process."""

from __future__ import annotations

import logging

from onnlu_train.training.callbacks import Metrics, TrainingCallback, TrainingRun

logger = logging.getLogger(__name__)


class EpochLog(TrainingCallback):
    """Logs every epoch at the level INFO; a worker of a cluster has no other progress to show."""

    def begin(self, run: TrainingRun) -> None:
        """A model starts to train."""
        self._node, self._epochs = run.node, run.options.epochs

    def end_of_epoch(self, epoch: int, metrics: Metrics) -> None:
        """An epoch has ended."""
        shown = ", ".join(f"{name} {value:.3g}" for name, value in metrics.items())
        logger.info("%s: epoch %d of %d: %s", self._node, epoch, self._epochs, shown)
