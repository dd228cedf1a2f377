"""Viterbi decoding as ONNX nodes, two `Scan`s; the twin of `onnlu_train.layers.viterbi`.

The arithmetic is that of the TensorFlow form, operation by operation, so that both choose the same
tags. The bodies of the scans are as short as can be: each of their nodes runs once a step.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

_FAR = 1e30
"""A score beyond all that occur, yet finite."""

_TIME = 1
"""The axis that both scans run along."""

_Step = Callable[["_Nodes", str, str], tuple[str, str]]


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

    Raises:
        ValueError: Shapes do not fit each other, or only one of `parent_tags` and `parent_table`
            is given.
    """
    _check(transitions, parent_tags, parent_table)
    nodes = _Nodes(model.graph, prefix)
    if drop_last_step:
        logits = nodes.add("Slice", logits, *nodes.integers([0], [-1], [_TIME]))
    if parent_tags is not None:
        table = nodes.constant(np.asarray(parent_table, np.float32))
        logits = nodes.add("Add", logits, nodes.add("Gather", table, parent_tags))
    mask = _mask(nodes, logits, lengths)
    path_scores = _best_path_scores(nodes, logits, transitions)
    candidates = _trace_back(nodes, path_scores, mask, transitions)
    best = nodes.add(
        "Cast", nodes.add("ArgMax", candidates, axis=2, keepdims=0), to=TensorProto.INT32
    )
    sure = nodes.add("Softmax", candidates, axis=2)
    sure = nodes.add("ReduceMax", sure, *nodes.integers([2]), keepdims=0)
    nodes.add("Where", mask, best, nodes.constant(np.int32(0)), output=tags)
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


def _mask(nodes: _Nodes, logits: str, lengths: str) -> str:
    """True where a step counts, `[batch, time]`."""
    zero, one = nodes.integers(0, 1)
    steps = nodes.add("Squeeze", nodes.add("Shape", logits, start=_TIME, end=_TIME + 1))
    steps = nodes.add("Range", zero, steps, one)
    lengths = nodes.add("Cast", lengths, to=TensorProto.INT64)
    return nodes.add("Less", steps, nodes.add("Unsqueeze", lengths, *nodes.integers([1])))


def _best_path_scores(nodes: _Nodes, logits: str, transitions: npt.NDArray[np.float32]) -> str:
    """Score of the best path that ends in each tag at each step, `[batch, time, tags]`."""
    # [1, next tag, tag]: the maximum then runs over the last axis
    into = nodes.constant(np.ascontiguousarray(transitions.T, np.float32)[np.newaxis])
    axis_1, axis_2 = nodes.integers([1], [2])

    def step(body: _Nodes, arriving: str, emission: str) -> tuple[str, str]:
        scores = body.add("Add", arriving, emission)
        moves = body.add("Add", body.add("Unsqueeze", scores, axis_1), into)
        return body.add("ReduceMax", moves, axis_2, keepdims=0), scores

    shape = nodes.add("Gather", nodes.add("Shape", logits), *nodes.integers([0, 2]))
    return nodes.scan(step, nodes.add("ConstantOfShape", shape), TensorProto.FLOAT, logits)


def _trace_back(
    nodes: _Nodes, path_scores: str, mask: str, transitions: npt.NDArray[np.float32]
) -> str:
    """The scores of which the best is the decoded tag, `[batch, time, tags + 1]`.

    One tag more than there are wins at each step beyond the length, never before, and moves
    nowhere: so a path may end at any step at no cost to the loop.
    """
    end = len(transitions)
    into = nodes.constant(np.pad(transitions.T.astype(np.float32), (0, 1)))
    far = nodes.constant(np.float32(_FAR))
    near = nodes.constant(np.float32(-_FAR))
    ended = nodes.add("Unsqueeze", nodes.add("Where", mask, near, far), *nodes.integers([2]))
    path_scores = nodes.add("Concat", path_scores, ended, axis=2)

    def step(body: _Nodes, following: str, scores: str) -> tuple[str, str]:
        candidates = body.add("Add", body.add("Gather", into, following), scores)
        return body.add("ArgMax", candidates, axis=1, keepdims=0), candidates

    batch = nodes.add("Shape", path_scores, start=0, end=1)
    last = helper.make_tensor("value", TensorProto.INT64, [1], [end])
    start = nodes.add("ConstantOfShape", batch, value=last)
    return nodes.scan(step, start, TensorProto.INT64, path_scores, reverse=True)


class _Nodes:
    """Appends nodes and constants to a graph, under names that nothing has yet."""

    def __init__(self, graph: onnx.GraphProto, prefix: str) -> None:
        self._graph = graph
        self._prefix = prefix
        self._numbers = itertools.count()

    def name(self, kind: str) -> str:
        """Return a new name."""
        return f"{self._prefix}{kind}_{next(self._numbers)}"

    def add(self, op: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Append a node and return the name of its output."""
        name = self.name(op)
        output = output or name
        self._graph.node.append(helper.make_node(op, inputs, [output], name, **attributes))
        return output

    def constant(self, value: npt.NDArray[np.generic] | np.generic) -> str:
        """Append an initialiser and return its name."""
        name = self.name("constant")
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def integers(self, *values: int | list[int]) -> list[str]:
        """Append an int64 initialiser for each value and return their names."""
        return [self.constant(np.array(value, np.int64)) for value in values]

    def scan(
        self, step: _Step, state: str, state_type: int, sequence: str, *, reverse: bool = False
    ) -> str:
        """Append a `Scan` along time and return the name of what its steps emit.

        Args:
            step: Builds the body from the names of the state and of one step of the sequence;
                returns those of the next state and of what it emits.
            state: Name of the state before the first step.
            state_type: Element type of the state.
            sequence: float32 `[batch, time, ...]`, as is what is emitted.
            reverse: Run from the last step to the first.
        """
        name = self.name("Scan")
        body = _Nodes(onnx.GraphProto(name=name), f"{name}/")
        inputs = [body.name("state"), body.name("step")]
        outputs = step(body, *inputs)
        types = (state_type, TensorProto.FLOAT)
        body._graph.input.extend(map(_value_info, inputs, types))
        body._graph.output.extend(map(_value_info, outputs, types))
        self._graph.node.append(
            helper.make_node(
                "Scan",
                [state, sequence],
                [f"{name}/last", name],
                name,
                body=body._graph,
                num_scan_inputs=1,
                scan_input_axes=[_TIME],
                scan_output_axes=[_TIME],
                scan_input_directions=[int(reverse)],
                scan_output_directions=[int(reverse)],
            )
        )
        return name


def _value_info(name: str, element_type: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, element_type, None)
