"""Tables of vectors, of which a text reads few rows, in int8: a scale a row."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial

import numpy as np
import onnx
from onnx import TensorProto

from onnlu_export.nodes import Nodes
from onnlu_export.passes.graph_view import GraphView
from onnlu_export.quantization.products import SMALLEST
from onnlu_export.quantization.rewriting import Rewrite
from onnlu_export.quantization.symmetric import Floats, quantized, scales_of

LARGEST = 127


@dataclass(frozen=True)
class BagSum:
    """`weights @ table[ids]`: the weighted sum of some rows of a table.

    Attributes:
        gather: the node that reads the rows, `[..., bag, units]`.
        product: the node that adds them up; its weights are `[..., 1, bag]`.
    """

    gather: onnx.NodeProto
    product: onnx.NodeProto


@dataclass(frozen=True)
class Table:
    """A constant matrix that is read through bags alone.

    Attributes:
        vectors: float32 [rows, units].
        sums: what reads it.
    """

    vectors: Floats
    sums: tuple[BagSum, ...]

    def rewrites(self) -> dict[str, Rewrite]:
        """Return what reads it in int8: only rows that are read become float32."""
        scales = scales_of(self.vectors, 1, LARGEST)
        integers = quantized(self.vectors, scales, 1, LARGEST)
        names: dict[str, str] = {}

        def gather(bag: BagSum, nodes: Nodes) -> None:
            if not names:
                names["vectors"] = nodes.constant(integers)
                names["scales"] = nodes.constant(scales)
            ids = bag.gather.input[1]
            rows = nodes.add("Gather", names["vectors"], ids)
            nodes.add("Cast", rows, to=TensorProto.FLOAT, output=bag.gather.output[0])

        def product(bag: BagSum, nodes: Nodes) -> None:
            # The scale of a row goes into its weight: that is one number instead of its vector.
            scale = nodes.add("Gather", names["scales"], bag.gather.input[1])
            scale = nodes.add("Unsqueeze", scale, nodes.constant(np.array([-2])))
            weights = nodes.add("Mul", bag.product.input[0], scale)
            nodes.add("MatMul", weights, bag.gather.output[0], output=bag.product.output[0])

        rewrites: dict[str, Rewrite] = {}
        for bag in self.sums:
            rewrites[bag.gather.output[0]] = partial(gather, bag)
            rewrites[bag.product.output[0]] = partial(product, bag)
        return rewrites


def tables_of(graph: onnx.GraphProto, smallest: int = SMALLEST) -> list[Table]:
    """Return the large tables that a graph reads through bags alone.

    Args:
        graph: a float graph.
        smallest: numbers that a table has to have.
    """
    view = GraphView(graph)
    readers: dict[str, list[onnx.NodeProto]] = defaultdict(list)
    for node in graph.node:
        for name in node.input:
            readers[name].append(node)
    tables = []
    for tensor in graph.initializer:
        vectors = view.constant(tensor.name)
        if vectors is None or vectors.ndim != 2 or vectors.size < smallest:
            continue
        sums = [_bag_sum(view, tensor.name, node) for node in readers[tensor.name]]
        found = tuple(bag for bag in sums if bag is not None)
        if found and len(found) == len(sums):
            tables.append(Table(vectors, found))
    return tables


def _bag_sum(view: GraphView, table: str, node: onnx.NodeProto) -> BagSum | None:
    if node.op_type != "Gather" or node.input[0] != table or any(a.i for a in node.attribute):
        return None
    product = view.only_reader(node)
    if product is None or product.op_type != "MatMul" or product.input[1] != node.output[0]:
        return None
    return BagSum(node, product)
