"""Decisions that differ where the reference itself hardly prefers one over the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from onnlu.session import Tensors
from onnlu.tolerance import Tolerance
from onnlu_export.trace import ScoredTags, scored_tags
from onnlu_train.models.rasa_model import RasaModel

Rows = npt.NDArray[Any]
NearTie = Callable[[str, int, Rows, Rows], bool]


def never_tied(name: str, row: int, ours: Rows, reference: Rows) -> bool:
    """Accept no difference."""
    return False


class NearTies:
    """Judges tags that differ by how much the trained model prefers its own.

    Args:
        model: the trained model.
        tolerance: of its numbers.
    """

    def __init__(self, model: RasaModel, tolerance: Tolerance) -> None:
        self._model = model
        self._tolerance = tolerance

    def in_batch(self, inputs: Tensors) -> NearTie:
        """Return a judge of one batch, given the exported graph's inputs."""
        found: dict[str, ScoredTags] = {}

        def nearly_tie(name: str, row: int, ours: Rows, reference: Rows) -> bool:
            if not found:
                found.update(scored_tags(self._model, inputs))
            if name not in found:
                return False
            logits, lengths, transitions = found[name]
            length = int(lengths[row])
            mine = path_score(logits[row], transitions, ours[:length])
            theirs = path_score(logits[row], transitions, reference[:length])
            # Scores are sums over the tokens, and so is their error.
            allowed = self._tolerance.atol + self._tolerance.rtol * float(np.abs(logits[row]).max())
            return abs(theirs - mine) < 2 * allowed * max(1, length)

        return nearly_tie


def path_score(
    logits: npt.NDArray[np.float32],
    transitions: npt.NDArray[np.float32],
    tags: npt.NDArray[np.integer[Any]],
) -> float:
    """Return the CRF's score of one sequence of tags: [time, tags], [tags, tags], [time]."""
    emitted = logits[np.arange(len(tags)), tags].astype(np.float64).sum()
    return float(emitted + transitions[tags[:-1], tags[1:]].astype(np.float64).sum())
