"""Fuse the five operations of an exact GELU to the one that ONNX has since opset 20."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import onnx
from onnx import helper, numpy_helper

from onnlu_export.conversion import Conversion


def fuse_gelu(conversion: Conversion) -> None:
    """Replace 0.5 * x * (1 + erf(x / sqrt 2)) by Gelu(x), wherever it stands in the graph."""
    graph = conversion.graph.graph
    view = _GraphView(graph)
    for erf in [node for node in graph.node if node.op_type == "Erf"]:
        match = view.gelu_around(erf)
        if match is None:
            continue
        x, dead, last = match
        position = list(graph.node).index(last)
        gelu = helper.make_node("Gelu", [x], list(last.output), name=f"{erf.name}.gelu")
        for node in dead:
            graph.node.remove(node)
        graph.node.insert(position - len(dead) + 1, gelu)


class _GraphView:
    """Who makes and who reads each tensor, and which are scalar constants."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._producer = {name: node for node in graph.node for name in node.output}
        self._readers: dict[str, list[onnx.NodeProto]] = defaultdict(list)
        for node in graph.node:
            for name in node.input:
                self._readers[name].append(node)
        self._returned = {output.name for output in graph.output}
        self._scalars = {
            tensor.name: float(np.ravel(numpy_helper.to_array(tensor))[0])
            for tensor in graph.initializer
            if list(tensor.dims) in ([], [1])
        }

    def gelu_around(
        self, erf: onnx.NodeProto
    ) -> tuple[str, list[onnx.NodeProto], onnx.NodeProto] | None:
        """Return x, the nodes that a Gelu replaces, and the last of them; None if it is no GELU."""
        inner = self._producer.get(erf.input[0])
        plus_one = self._only_reader(erf)
        last = self._only_reader(plus_one)
        if inner is None or plus_one is None or last is None or last.op_type != "Mul":
            return None
        half = next((self._producer.get(n) for n in last.input if n != plus_one.output[0]), None)
        x = self._scaled(inner, "Mul", 1 / math.sqrt(2)) or self._scaled(inner, "Div", math.sqrt(2))
        if x is None or half is None or self._scaled(half, "Mul", 0.5) != x:
            return None
        if self._scaled(plus_one, "Add", 1.0) != erf.output[0]:
            return None
        if self._only_reader(inner) is None or self._only_reader(half) is None:
            return None
        return x, [inner, erf, plus_one, half, last], last

    def _scaled(self, node: onnx.NodeProto, operation: str, constant: float) -> str | None:
        """Return the other operand of `operation` with a constant; None if it is anything else."""
        if node.op_type != operation:
            return None
        pairs = [tuple(node.input)]
        if operation != "Div":
            pairs.append(tuple(reversed(node.input)))
        for tensor, scalar in pairs:
            if math.isclose(self._scalars.get(scalar, math.inf), constant, rel_tol=1e-6):
                return str(tensor)
        return None

    def _only_reader(self, node: onnx.NodeProto | None) -> onnx.NodeProto | None:
        """Return who reads a node's output; None for several, or if the graph returns it too."""
        if node is None or node.output[0] in self._returned:
            return None
        readers = self._readers[node.output[0]]
        return readers[0] if len(readers) == 1 else None
