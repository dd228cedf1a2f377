"""The tags that a best path can go through at all: of many tags, few; and the others are proven.

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


def tags_in_reach(nodes: Nodes, logits: str, transitions: npt.NDArray[np.float32]) -> str:
    """Append what finds all tags that a best path goes through at any step of any text.

    Args:
        nodes: Appends to the graph.
        logits: Name of the scores, float32 `[batch, time, tags]`, 0 for the best of each step.
        transitions: Score of going from tag i to tag j, float32 `[tags, tags]`.

    Returns:
        Name of the tags, int64 `[1, number]`, in ascending order; there is at least one.
    """
    gain = nodes.constant(most_gained(transitions))
    best = nodes.add("ArgMax", logits, axis=2, keepdims=0)
    reach = nodes.add("Add", logits, nodes.add("Gather", gain, best))
    reach = nodes.add("ReduceMax", reach, *nodes.integers([0, 1]), keepdims=0)
    beyond = nodes.add("Less", reach, nodes.constant(np.float32(-_SLACK)))
    # Not beyond: so a score that is no number leaves nothing out.
    return nodes.add("NonZero", nodes.add("Not", beyond))


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
