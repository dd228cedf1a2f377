"""Fuse the five operations of an exact GELU to the one that ONNX has since opset 20."""

from __future__ import annotations

import math

import onnx
from onnx import helper

from onnlu_export.conversion import Conversion
from onnlu_export.passes.graph_view import GraphView, replace_nodes


def fuse_gelu(conversion: Conversion) -> None:
    """Replace 0.5 * x * (1 + erf(x / sqrt 2)) by Gelu(x), wherever it stands in the graph."""
    graph = conversion.graph.graph
    view = GraphView(graph)
    for erf in [node for node in graph.node if node.op_type == "Erf"]:
        match = _gelu_around(view, erf)
        if match is not None:
            x, nodes = match
            output = nodes[-1].output[0]
            replace_nodes(graph, nodes, helper.make_node("Gelu", [x], [output], name=output))


def _gelu_around(view: GraphView, erf: onnx.NodeProto) -> tuple[str, list[onnx.NodeProto]] | None:
    """Return x and the nodes that a Gelu replaces, the last one last; None if it is no GELU."""
    inner = view.producer(erf.input[0])
    plus_one = view.only_reader(erf)
    last = view.only_reader(plus_one)
    if inner is None or plus_one is None or last is None or last.op_type != "Mul":
        return None
    half = next((view.producer(n) for n in last.input if n != plus_one.output[0]), None)
    x = view.with_scalar(inner, "Mul", 1 / math.sqrt(2))
    x = x or view.with_scalar(inner, "Div", math.sqrt(2))
    if x is None or half is None or view.with_scalar(half, "Mul", 0.5) != x:
        return None
    if view.with_scalar(plus_one, "Add", 1.0) != erf.output[0]:
        return None
    nodes = [inner, erf, plus_one, half, last]
    return (x, nodes) if view.are_private(nodes) else None
