"""The confidences that Rasa 3.6 gives to tags; the twin of `onnlu_train.layers.rasa_compat`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from onnx import TensorProto

from onnlu_export.nodes import Nodes
from onnlu_train.layers.rasa_compat import CERTAIN


def rasa_scores(
    nodes: Nodes,
    path_scores: str,
    candidates: str,
    lengths: str,
    transitions: npt.NDArray[np.float32],
) -> str:
    """Append what gives the confidence of each tag, and return its name: `[batch, time]`.

    Args:
        nodes: Appends to the graph.
        path_scores: Name of the scores of the best paths, `[batch, time, tags + 1]`.
        candidates: Name of the scores among which each decoded tag's is the largest, of that shape.
        lengths: Name of the lengths, an integer type, `[batch]`.
        transitions: Score of going from tag i to tag j, float32 `[tags, tags]`.
    """
    axis_2, axis_3 = nodes.integers([2], [3])
    last_two = nodes.add("Cast", lengths, to=TensorProto.INT64)
    last_two = nodes.add("Sub", last_two, *nodes.integers(2))
    is_early = nodes.within(path_scores, last_two)
    into = nodes.constant(np.pad(transitions.T[:2].astype(np.float32), ((0, 0), (0, 1))))
    followed = nodes.add("Add", nodes.add("Unsqueeze", path_scores, axis_2), into)
    by_next = nodes.add(
        "Where",
        nodes.add("Unsqueeze", is_early, *nodes.integers([2, 3])),
        followed,
        nodes.add("Unsqueeze", candidates, axis_2),
    )
    sure = nodes.add("Softmax", by_next, axis=3)
    sure = nodes.add("ReduceMax", sure, axis_3, keepdims=0)
    options = nodes.add(
        "Concat",
        nodes.add("Unsqueeze", _is_certain(nodes, by_next), axis_2),
        nodes.add("Unsqueeze", sure, axis_2),
        axis=2,
    )
    return nodes.add("Gather", _chosen(nodes, options), *nodes.integers(1), axis=2)


def _is_certain(nodes: Nodes, candidates: str) -> str:
    """1 where the best of the last axis has a confidence of 1.0 in float32, else 0."""
    last = nodes.integers([3])
    one = nodes.constant(np.float32(1))
    best = nodes.add("ReduceMax", candidates, *last)
    is_best = nodes.add("Cast", nodes.add("Equal", candidates, best), to=TensorProto.FLOAT)
    shares = nodes.add("Exp", nodes.add("Sub", candidates, best))
    others = nodes.add("Mul", shares, nodes.add("Sub", one, is_best))
    others = nodes.add("ReduceSum", others, *last, keepdims=0)
    equal = nodes.add("Sub", nodes.add("ReduceSum", is_best, *last, keepdims=0), one)
    few = nodes.constant(np.float32(CERTAIN))
    certain = nodes.add("LessOrEqual", nodes.add("Add", others, equal), few)
    return nodes.add("Cast", certain, to=TensorProto.FLOAT)


def _chosen(nodes: Nodes, options: str) -> str:
    """Choose at each step by whether the next one is certain: `[batch, time, 2]`.

    Args:
        nodes: Appends to the graph.
        options: Certainty and confidence for both cases, `[batch, time, 2, cases]`.
    """
    one = nodes.constant(np.float32(1))
    (last,) = nodes.integers([2])
    (first_only,) = nodes.integers([0])

    def step(body: Nodes, following: str, cases: str) -> tuple[str, str]:
        chosen = body.add("ReduceSum", body.add("Mul", cases, following), last, keepdims=0)
        certain = body.add("Unsqueeze", body.add("Gather", chosen, first_only, axis=1), last)
        uncertain = body.add("Sub", one, certain)
        return body.add("Concat", uncertain, certain, axis=2), chosen

    batch = nodes.add("Shape", options, start=0, end=1)
    shape = nodes.add("Concat", batch, *nodes.integers([1, 1]), axis=0)
    ones = nodes.add("Expand", one, shape)
    zeros = nodes.add("Sub", ones, ones)
    start = nodes.add("Concat", ones, zeros, axis=2)
    return nodes.scan(step, start, TensorProto.FLOAT, options, reverse=True)
