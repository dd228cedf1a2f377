"""Viterbi decoding as ONNX nodes, two `Scan`s; the twin of `onnlu_train.layers.viterbi`.

The arithmetic is that of the TensorFlow form, operation by operation, so that both choose the same
tags. The bodies of the scans are as short as can be: each of their nodes runs once a step.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from onnlu_export.nodes import TIME, Nodes
from onnlu_export.rasa_compat import rasa_scores
from onnlu_export.viterbi_reach import tags_in_reach

MANY_TAGS = 64
"""From here on it pays to look for those that a best path can go through."""

_FAR = 1e30
"""A score beyond all that occur, yet finite."""


def append_viterbi(
    model: onnx.ModelProto,
    *,
    logits: str,
    lengths: str,
    transitions: npt.NDArray[np.float32],
    tags: str,
    scores: str,
    prefix: str,
    parent_tags: str | None = None,
    parent_table: npt.NDArray[np.float32] | None = None,
    drop_last_step: bool = False,
    rasa_compat: bool = False,
    prune_from: int = MANY_TAGS,
) -> None:
    """Add the decoding of one CRF to a graph, in place, and its results to the graph's outputs.

    `tags` is int32 `[batch, time]`, `scores` float32 `[batch, time]`; both are 0 beyond the length.

    Args:
        model: A model of opset 18 or later.
        logits: Name of the tensor of scores, float32 `[batch, time, tags]`, batch and time >= 1
            (after `drop_last_step`): ONNX Runtime's `Scan` takes no empty sequence.
        lengths: Name of the tensor of lengths, an integer type, `[batch]`.
        transitions: Score of going from tag i to tag j, float32 `[tags, tags]`.
        tags: Name to give to the decoded tags.
        scores: Name to give to their scores.
        prefix: Put before all other new names, unique in the graph.
        parent_tags: Name of another head's tags, int32 or int64 `[batch, time]`.
        parent_table: What each of them adds to the logits, float32 `[parent tags, tags]`.
        drop_last_step: The logits have one more step than the results: the sentence's slot.
        rasa_compat: Give the scores that Rasa 3.6 gives.
        prune_from: From so many tags on, paths go through those only that are in reach of the best
            of a step.

    Raises:
        ValueError: Shapes do not fit each other, or only one of `parent_tags` and `parent_table`
            is given.
    """
    _check(transitions, parent_tags, parent_table)
    nodes = Nodes(model.graph, prefix)
    if drop_last_step:
        logits = nodes.add("Slice", logits, *nodes.integers([0], [-1], [TIME]))
    if parent_tags is not None:
        table = nodes.constant(np.asarray(parent_table, np.float32))
        logits = nodes.add("Add", logits, nodes.add("Gather", table, parent_tags))
    mask = nodes.within(logits, lengths)
    best = nodes.add("ReduceMax", logits, *nodes.integers([2]))
    logits = nodes.add("Sub", logits, best)
    path_scores = _best_path_scores(nodes, logits, transitions, prune_from)
    path_scores = _with_end(nodes, path_scores, mask)
    candidates = _trace_back(nodes, path_scores, transitions)
    decoded = nodes.add("ArgMax", candidates, axis=2, keepdims=0)
    decoded = nodes.add("Cast", decoded, to=TensorProto.INT32)
    if rasa_compat:
        sure = rasa_scores(nodes, path_scores, candidates, lengths, transitions)
    else:
        sure = nodes.add("Softmax", candidates, axis=2)
        sure = nodes.add("ReduceMax", sure, *nodes.integers([2]), keepdims=0)
    nodes.add("Where", mask, decoded, nodes.constant(np.int32(0)), output=tags)
    nodes.add("Where", mask, sure, nodes.constant(np.float32(0)), output=scores)
    for name, dtype in ((tags, TensorProto.INT32), (scores, TensorProto.FLOAT)):
        model.graph.output.append(helper.make_tensor_value_info(name, dtype, ["batch", "time"]))


def _check(
    transitions: npt.NDArray[np.float32],
    parent_tags: str | None,
    parent_table: npt.NDArray[np.float32] | None,
) -> None:
    if transitions.ndim != 2 or transitions.shape[0] != transitions.shape[1]:
        raise ValueError(f"transitions must be [tags, tags], not {list(transitions.shape)}")
    if (parent_tags is None) != (parent_table is None):
        raise ValueError("pass both parent_tags and parent_table, or neither")
    if parent_table is not None and parent_table.shape[1:] != transitions.shape[1:]:
        raise ValueError(
            f"parent_table must be [parent tags, {len(transitions)}] as there are "
            f"{len(transitions)} tags, not {list(parent_table.shape)}"
        )


def _best_path_scores(
    nodes: Nodes, logits: str, transitions: npt.NDArray[np.float32], prune_from: int
) -> str:
    """Score of the best path that ends in each tag at each step, `[batch, time, tags]`."""
    shape = nodes.add("Gather", nodes.add("Shape", logits), *nodes.integers([0, 2]))
    start = nodes.add("ConstantOfShape", shape)
    if len(transitions) < prune_from:
        return _from_every_tag(nodes, start, logits, transitions)
    return _from_tags_in_reach(nodes, start, logits, transitions)


def _from_every_tag(
    nodes: Nodes, start: str, logits: str, transitions: npt.NDArray[np.float32]
) -> str:
    # [1, next tag, tag]: the maximum then runs over the last axis
    into = nodes.constant(np.ascontiguousarray(transitions.T, np.float32)[np.newaxis])
    axis_1, axis_2 = nodes.integers([1], [2])

    def step(body: Nodes, arriving: str, emission: str) -> tuple[str, str]:
        scores = body.add("Add", arriving, emission)
        moves = body.add("Add", body.add("Unsqueeze", scores, axis_1), into)
        return body.add("ReduceMax", moves, axis_2, keepdims=0), scores

    return nodes.scan(step, start, TensorProto.FLOAT, logits)


def _from_tags_in_reach(
    nodes: Nodes, start: str, logits: str, transitions: npt.NDArray[np.float32]
) -> str:
    found = tags_in_reach(nodes, logits, transitions)
    # [1, number, tags] and [number, 1]: the latter picks scores [batch, number, 1]
    out_of = nodes.add("Gather", nodes.constant(np.asarray(transitions, np.float32)), found)
    found = nodes.add("Transpose", found, perm=[1, 0])
    (axis_1,) = nodes.integers([1])

    def step(body: Nodes, arriving: str, emission: str) -> tuple[str, str]:
        scores = body.add("Add", arriving, emission)
        moves = body.add("Add", body.add("Gather", scores, found, axis=1), out_of)
        return body.add("ReduceMax", moves, axis_1, keepdims=0), scores

    return nodes.scan(step, start, TensorProto.FLOAT, logits)


def _with_end(nodes: Nodes, path_scores: str, mask: str) -> str:
    """The path scores, and those of one tag more, `[batch, time, tags + 1]`.

    That tag wins at each step beyond the length, never before, and moves nowhere: so a path may end
    at any step at no cost to the loop.
    """
    far, near = nodes.constant(np.float32(_FAR)), nodes.constant(np.float32(-_FAR))
    ended = nodes.add("Unsqueeze", nodes.add("Where", mask, near, far), *nodes.integers([2]))
    return nodes.add("Concat", path_scores, ended, axis=2)


def _trace_back(nodes: Nodes, path_scores: str, transitions: npt.NDArray[np.float32]) -> str:
    """The scores of which the best is the decoded tag, `[batch, time, tags + 1]`."""
    end = len(transitions)
    into = nodes.constant(np.pad(transitions.T.astype(np.float32), (0, 1)))

    def step(body: Nodes, following: str, scores: str) -> tuple[str, str]:
        candidates = body.add("Add", body.add("Gather", into, following), scores)
        return body.add("ArgMax", candidates, axis=1, keepdims=0), candidates

    batch = nodes.add("Shape", path_scores, start=0, end=1)
    last = helper.make_tensor("value", TensorProto.INT64, [1], [end])
    start = nodes.add("ConstantOfShape", batch, value=last)
    return nodes.scan(step, start, TensorProto.INT64, path_scores, reverse=True)
