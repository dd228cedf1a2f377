"""Who makes and who reads each tensor of a graph, for passes that look for patterns."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
import onnx
from onnx import numpy_helper


class GraphView:
    """A graph as it stands; passes that change it make a new view."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._producer = {name: node for node in graph.node for name in node.output}
        self._readers: dict[str, list[onnx.NodeProto]] = defaultdict(list)
        for node in graph.node:
            for name in node.input:
                self._readers[name].append(node)
        self._returned = {output.name for output in graph.output}
        self._constants = {tensor.name: tensor for tensor in graph.initializer}

    def producer(self, tensor: str) -> onnx.NodeProto | None:
        """Return the node that makes a tensor; None for inputs and constants."""
        return self._producer.get(tensor)

    def only_reader(self, node: onnx.NodeProto | None) -> onnx.NodeProto | None:
        """Return who alone reads a node's output; None for several, or if the graph returns it."""
        if node is None or node.output[0] in self._returned:
            return None
        readers = self._readers[node.output[0]]
        return readers[0] if len(readers) == 1 else None

    def constant(self, tensor: str) -> npt.NDArray[Any] | None:
        """Return the value of a constant, or None for any other tensor."""
        found = self._constants.get(tensor)
        return None if found is None else numpy_helper.to_array(found)

    def with_scalar(self, node: onnx.NodeProto, operation: str, scalar: float) -> str | None:
        """Return the other operand of `operation` with a number; None if it is anything else."""
        for tensor, other in self._operands(node, operation):
            value = self.constant(other)
            # A longer shape of one element would change the shape of the result.
            if value is None or value.shape not in ((), (1,)):
                continue
            if math.isclose(value.item(), scalar, rel_tol=1e-6):
                return tensor
        return None

    def with_constant(self, node: onnx.NodeProto | None, operation: str) -> tuple[str, str] | None:
        """Return (tensor, constant) of an operation with one; None if it is anything else."""
        for tensor, other in self._operands(node, operation):
            if other in self._constants and tensor not in self._constants:
                return tensor, other
        return None

    def are_private(self, nodes: Sequence[onnx.NodeProto]) -> bool:
        """Return whether nobody else reads what these nodes make, but for the last one's output."""
        names = {name for node in nodes for name in node.output}
        own = {id(node) for node in nodes}
        inner = names - set(nodes[-1].output)
        return not inner & self._returned and all(
            id(reader) in own for name in inner for reader in self._readers[name]
        )

    @staticmethod
    def _operands(node: onnx.NodeProto | None, operation: str) -> list[tuple[str, str]]:
        if node is None or node.op_type != operation or len(node.input) != 2:
            return []
        one, other = node.input
        return [(one, other)] if operation in ("Div", "Sub") else [(one, other), (other, one)]


def replace_nodes(
    graph: onnx.GraphProto, nodes: Sequence[onnx.NodeProto], replacement: onnx.NodeProto
) -> None:
    """Put one node where the last of several stood, and take those out."""
    position = max(list(graph.node).index(node) for node in nodes)
    for node in nodes:
        graph.node.remove(node)
    graph.node.insert(position - len(nodes) + 1, replacement)
