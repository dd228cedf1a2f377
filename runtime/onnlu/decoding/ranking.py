"""From the confidences of all intents to a ranking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

# About the smallest normal float32: TensorFlow flushes what is below, ONNX Runtime does not.
SMALLEST_CONFIDENCE: Final = float(np.float32(1.2e-38))


def rank_intents(
    confidences: npt.NDArray[np.float32],
    labels: Sequence[str],
    ranking_length: int,
    renormalize: bool,
) -> list[dict[str, Any]]:
    """Rank the intents of one text; see `rank_intents_batch`.

    >>> rank_intents(np.float32([0.25, 0.5, 0.25]), ["ask", "bye", "hi"], 2, renormalize=False)
    [{'name': 'bye', 'confidence': 0.5}, {'name': 'ask', 'confidence': 0.25}]
    """
    return rank_intents_batch(confidences[np.newaxis], labels, ranking_length, renormalize)[0]


def rank_intents_batch(
    confidences: npt.NDArray[np.float32],
    labels: Sequence[str],
    ranking_length: int,
    renormalize: bool,
) -> list[list[dict[str, Any]]]:
    """Rank the intents of each text, the most confident first.

    Equal confidences stay in the order of the labels; those below `SMALLEST_CONFIDENCE` are 0.

    Args:
        confidences: float32 [batch, labels].
        labels: [labels], intent names.
        ranking_length: how many to keep; 0 keeps all.
        renormalize: whether those kept, where some are cut off, are divided by their sum.

    Returns:
        For each text a list of {"name", "confidence"}.
    """
    kept = min(ranking_length, len(labels)) or len(labels)
    rankings = []
    # In Python: for the labels of one text, calls of numpy cost more than they save.
    for row in confidences.tolist():
        row = [0.0 if abs(value) < SMALLEST_CONFIDENCE else value for value in row]
        order = sorted(range(len(row)), key=row.__getitem__, reverse=True)
        ranking = [{"name": labels[label], "confidence": row[label]} for label in order[:kept]]
        rankings.append(ranking)
    if renormalize and kept < len(labels):
        for ranking in rankings:
            _renormalize(ranking)
    return rankings


def _renormalize(ranking: list[dict[str, Any]]) -> None:
    total = sum(intent["confidence"] for intent in ranking)
    if total:
        for intent in ranking:
            intent["confidence"] /= total
