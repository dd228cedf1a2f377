"""Which epoch is the best so far, and when to stop."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any, Final

logger = logging.getLogger(__name__)

VALIDATION: Final = "val_"
VALIDATION_LOSS: Final = "val_loss"
VALIDATION_SCORE: Final = "val_score"

METRICS: Final = (
    VALIDATION_SCORE,
    VALIDATION_LOSS,
    *(f"{VALIDATION}{name}" for name in ("i_acc", "r_acc", "e_f1", "r_f1", "g_f1")),
    *(f"{VALIDATION}{name}_loss" for name in "ierg"),
    "t_loss",
    *(f"{name}_loss" for name in "iergm"),
    *("i_acc", "r_acc", "m_acc"),
    *("intent_accuracy", "response_accuracy", "entity_f1", "role_f1", "group_f1"),
)
"""Metrics that can be watched; losses are the better the lower, all others the higher."""


class Monitor:
    """Watches one metric.

    Args:
        metric: one of `METRICS`. A model that does not have it is watched by its loss.
        patience: evaluations without a better value until the training stops; None for no end.
    """

    def __init__(self, metric: str, patience: int | None) -> None:
        self._metric = metric
        self._patience = patience
        self._best: float | None = None
        self._waited = 0
        self.best_epoch: int | None = None

    @property
    def needs_validation(self) -> bool:
        """Whether the metric is one of validation data."""
        return self._metric.startswith(VALIDATION)

    @property
    def exhausted(self) -> bool:
        """Whether the training should stop."""
        return self._patience is not None and self._waited >= self._patience

    def observe(self, epoch: int, metrics: Mapping[str, float]) -> bool:
        """Take note of an epoch.

        Args:
            epoch: its number, from 1.
            metrics: of that epoch; without validation metrics where it was not validated.

        Returns:
            Whether it is the best so far. Of equal ones the first is.
        """
        if self.needs_validation and VALIDATION_LOSS not in metrics:
            return False
        if self._metric not in metrics:
            self._fall_back()
        value = metrics[self._metric]
        if self._is_better(value):
            self._best, self.best_epoch, self._waited = value, epoch, 0
            return True
        self._waited += 1
        return False

    def _is_better(self, value: float) -> bool:
        if math.isnan(value):
            return False
        if self._best is None:
            return True
        return value < self._best if self._metric.endswith("loss") else value > self._best

    def _fall_back(self) -> None:
        loss = VALIDATION_LOSS if self.needs_validation else "t_loss"
        logger.warning(
            "A model has no metric '%s', which is to be watched: %s is watched.", self._metric, loss
        )
        self._metric = loss

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint has to hold, for JSON."""
        return {
            "metric": self._metric,
            "best": self._best,
            "best_epoch": self.best_epoch,
            "waited": self._waited,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self._metric, self._best = state["metric"], state["best"]
        self.best_epoch, self._waited = state["best_epoch"], state["waited"]
