"""The tags that a best path can go through at a step: of many tags, few; and the others are proven.

A tag i that scores far less at a step than the best one, b, is on no best path: to go through b in
its place costs at most what the transitions into and out of b are worse than those of i. These
bounds depend on the transitions alone, so they are a table, and what is left out is left out
exactly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from onnlu_export.nodes import Nodes

_SLACK = 0.01
"""More than what rounding moves the scores of long texts by."""


def best_candidates(
    nodes: Nodes, logits: str, transitions: npt.NDArray[np.float32], number: int
) -> tuple[str, str]:
    """Append what finds the best tags of each step.

    Args:
        nodes: Appends to the graph.
        logits: Name of the scores, float32 `[batch, time, tags]`, 0 for the best of each step.
        transitions: Score of going from tag i to tag j, float32 `[tags, tags]`.
        number: How many tags to find at each step, less than there are.

    Returns:
        Names of the tags, int64 `[batch, time, number]`, and of whether they are enough: at each
        step there is one among them that is on no best path, so neither is any that is not there.
    """
    gain = nodes.constant(most_gained(transitions))
    best = nodes.add("ArgMax", logits, axis=2, keepdims=0)
    reach = nodes.add("Add", logits, nodes.add("Gather", gain, best))
    values, tags = nodes.name("reach"), nodes.name("candidates")
    nodes.append("TopK", [reach, *nodes.integers([number])], [values, tags], axis=2)
    least = nodes.add("Gather", values, *nodes.integers(number - 1), axis=2)
    slack = nodes.constant(np.float32(-_SLACK))
    return tags, nodes.add("Less", nodes.add("ReduceMax", least, keepdims=0), slack)


def most_gained(transitions: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the most that a path gains by the transitions if it leaves tag b for tag i at a step.

    Args:
        transitions: Score of going from tag i to tag j, float32 `[tags, tags]`.

    Returns:
        float32 `[tags, tags]`, by b and i.
    """
    out = np.stack([(transitions - row).max(axis=1) for row in transitions])
    into = np.stack([(transitions.T - column).max(axis=1) for column in transitions.T])
    # Nothing goes into the first step.
    return (out + np.maximum(into, 0)).astype(np.float32)
