"""Building ONNX graphs by hand, node by node."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

TIME = 1
"""The axis that scans run along."""

Step = Callable[..., tuple[str, str]]
"""Builds a step of a scan: takes its `Nodes`, the state and one step of each sequence."""


class Nodes:
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
        output = output or self.name(op)
        self.append(op, inputs, [output], **attributes)
        return output

    def append(
        self, op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: Any
    ) -> None:
        """Append a node of several outputs, whose names the caller gives."""
        name = self.name(op)
        self._graph.node.append(helper.make_node(op, inputs, outputs, name, **attributes))

    def constant(self, value: npt.NDArray[np.generic] | np.generic) -> str:
        """Append an initialiser and return its name."""
        name = self.name("constant")
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def integers(self, *values: int | list[int]) -> list[str]:
        """Append an int64 initialiser for each value and return their names."""
        return [self.constant(np.array(value, np.int64)) for value in values]

    def within(self, sequence: str, lengths: str) -> str:
        """Append what is true for each step before a length, `[batch, time]`; return its name.

        Args:
            sequence: Name of a tensor `[batch, time, ...]`.
            lengths: Name of the lengths, an integer type, `[batch]`.
        """
        zero, one = self.integers(0, 1)
        steps = self.add("Squeeze", self.add("Shape", sequence, start=TIME, end=TIME + 1))
        steps = self.add("Range", zero, steps, one)
        lengths = self.add("Cast", lengths, to=TensorProto.INT64)
        return self.add("Less", steps, self.add("Unsqueeze", lengths, *self.integers([1])))

    def scan(
        self, step: Step, state: str, state_type: int, *sequences: str, reverse: bool = False
    ) -> str:
        """Append a `Scan` along time and return the name of what its steps emit.

        Args:
            step: Builds the body from the names of the state and of one step of the sequence;
                returns those of the next state and of what it emits.
            state: Name of the state before the first step.
            state_type: Element type of the state.
            sequences: Names, each `[batch, time, ...]`; what is emitted is like that, float32.
            reverse: Run from the last step to the first.
        """
        name = self.name("Scan")
        body = Nodes(onnx.GraphProto(name=name), f"{name}/")
        inputs = [body.name("state"), *(body.name("step") for _ in sequences)]
        outputs = step(body, *inputs)
        body._graph.input.extend(helper.make_empty_tensor_value_info(name) for name in inputs)
        types = (state_type, TensorProto.FLOAT)
        body._graph.output.extend(map(_value_info, outputs, types))
        self._graph.node.append(
            helper.make_node(
                "Scan",
                [state, *sequences],
                [f"{name}/last", name],
                name,
                body=body._graph,
                num_scan_inputs=len(sequences),
                scan_input_axes=[TIME] * len(sequences),
                scan_output_axes=[TIME],
                scan_input_directions=[int(reverse)] * len(sequences),
                scan_output_directions=[int(reverse)],
            )
        )
        return name


def _value_info(name: str, element_type: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, element_type, None)
