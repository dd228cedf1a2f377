"""Fuse the nine operations of a layer normalisation to the one that ONNX has since opset 17."""

from __future__ import annotations

import onnx
from onnx import helper

from onnlu_export.conversion import Conversion
from onnlu_export.passes.graph_view import GraphView, replace_nodes


def fuse_layer_norm(conversion: Conversion) -> None:
    """Replace (x - mean) / sqrt(variance + epsilon) * gamma + beta over the last axis."""
    graph = conversion.graph.graph
    view = GraphView(graph)
    for root in [node for node in graph.node if node.op_type == "Sqrt"]:
        match = _LayerNorm.around(view, root)
        if match is not None:
            replace_nodes(graph, match.nodes, match.fused())


class _LayerNorm:
    """The nodes of one layer normalisation and what they compute from."""

    def __init__(
        self, nodes: list[onnx.NodeProto], x: str, gamma: str, beta: str, epsilon: float
    ) -> None:
        self.nodes = nodes
        self._inputs = [x, gamma, beta]
        self._epsilon = epsilon

    def fused(self) -> onnx.NodeProto:
        """Return the one node that stands for all."""
        output = self.nodes[-1].output[0]
        return helper.make_node(
            "LayerNormalization", self._inputs, [output], output, axis=-1, epsilon=self._epsilon
        )

    @classmethod
    def around(cls, view: GraphView, root: onnx.NodeProto) -> _LayerNorm | None:
        """Return the layer normalisation around a square root; None if it is not one."""
        divide = view.only_reader(root)
        scale = view.only_reader(divide)
        shift = view.only_reader(scale)
        with_epsilon = view.producer(root.input[0])
        variance = view.with_constant(with_epsilon, "Add")
        gamma, beta = view.with_constant(scale, "Mul"), view.with_constant(shift, "Add")
        if divide is None or variance is None or gamma is None or beta is None:
            return None
        epsilon = view.constant(variance[1])
        centre = view.producer(divide.input[0])
        mean_of_square = view.producer(variance[0])
        square = _squared(view, mean_of_square)
        if epsilon is None or epsilon.size != 1 or centre is None or centre.op_type != "Sub":
            return None
        if square is None or list(square.input) != [centre.output[0]] * 2:
            return None
        mean = view.producer(centre.input[1])
        if mean is None or not _is_mean_of(view, mean, centre.input[0]):
            return None
        chain = [mean, centre, square, mean_of_square, with_epsilon, root, divide, scale, shift]
        nodes = [node for node in chain if node is not None]
        if divide.op_type != "Div" or not view.are_private(nodes):
            return None
        return cls(nodes, centre.input[0], gamma[1], beta[1], float(epsilon.item()))


def _squared(view: GraphView, mean: onnx.NodeProto | None) -> onnx.NodeProto | None:
    """Return the square that a mean over the last axis is taken of."""
    if mean is None or not _is_mean_of(view, mean, mean.input[0]):
        return None
    square = view.producer(mean.input[0])
    return square if square is not None and square.op_type == "Mul" else None


def _is_mean_of(view: GraphView, node: onnx.NodeProto, tensor: str) -> bool:
    if node.op_type != "ReduceMean" or node.input[0] != tensor or len(node.input) != 2:
        return False
    axes = view.constant(node.input[1])
    keeps = all(a.i == 1 for a in node.attribute if a.name == "keepdims")
    return keeps and axes is not None and axes.tolist() == [-1]
