"""Products with constant matrices in int8: weights, and what they are multiplied with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import onnx

from onnlu_export.nodes import Nodes
from onnlu_export.passes.graph_view import GraphView
from onnlu_export.quantization.calibration import Observed
from onnlu_export.quantization.rewriting import Rewrite
from onnlu_export.quantization.symmetric import Floats, quantized, scales_of

SMALLEST = 2**16
"""Weights below which a matrix stays float32: the first and the last layers, mostly, which are
cheap and on which most of the error hangs."""

LARGEST = 64
"""Seven bits. CPUs without VNNI add two products of uint8 and int8 in 16 bits: 2 * 255 * 64 fits,
2 * 255 * 127 saturates without a word."""

BIAS_STEPS = 2**30
"""Steps that a bias may have, in 32 bits together with the product it is added to."""


@dataclass(frozen=True)
class Product:
    """`left @ weights`, or that and a bias.

    Attributes:
        left: name of what is multiplied.
        weights: float32 [rows, columns].
        output: name of the result.
        bias: float32 [columns], None without one.
        inner: name of the product that the bias is added to.
    """

    left: str
    weights: Floats
    output: str
    bias: Floats | None = None
    inner: str | None = None

    def rewrites(self, observed: Observed) -> dict[str, Rewrite]:
        """Return what computes it in int8."""
        rewrites: dict[str, Rewrite] = {self.output: partial(self._append, observed)}
        if self.inner is not None:
            rewrites[self.inner] = _nothing
        return rewrites

    def _append(self, observed: Observed, nodes: Nodes) -> None:
        left = _through_uint8(nodes, self.left, observed)
        scales = self._scales(observed)
        weights = nodes.constant(quantized(self.weights, scales, 0, LARGEST))
        zeros = nodes.constant(np.zeros(len(scales), np.int8))
        weights = nodes.add("DequantizeLinear", weights, nodes.constant(scales), zeros, axis=1)
        if self.bias is None:
            nodes.add("MatMul", left, weights, output=self.output)
            return
        bias_scales = scales * observed.scale
        integers = nodes.constant(np.rint(self.bias / bias_scales).astype(np.int32))
        zeros = nodes.constant(np.zeros(len(scales), np.int32))
        bias = nodes.add("DequantizeLinear", integers, nodes.constant(bias_scales), zeros, axis=0)
        # As one operation: ONNX Runtime would make it of a product and a sum, and then find nothing
        # that it can compute in int8.
        nodes.add("Gemm", left, weights, bias, output=self.output)

    def _scales(self, observed: Observed) -> Floats:
        """Return the scale of each column, with which its bias fits into 32 bits too."""
        scales = scales_of(self.weights, 0, LARGEST)
        if self.bias is None:
            return scales
        least = np.abs(self.bias) / (observed.scale * np.float32(BIAS_STEPS))
        # A column of zeros would round its bias to the scale that stands in for its own.
        empty = ~self.weights.any(axis=0) & (least > 0)
        scales = np.where(empty, least, np.maximum(scales, least))
        return scales.astype(np.float32)


def products_of(graph: onnx.GraphProto, smallest: int = SMALLEST) -> list[Product]:
    """Return the products with large constant matrices, in the order of the graph.

    Args:
        graph: a float graph.
        smallest: weights that a matrix has to have.
    """
    view = GraphView(graph)
    products = []
    for node in graph.node:
        if node.op_type != "MatMul":
            continue
        weights = view.constant(node.input[1])
        if weights is None or weights.ndim != 2 or weights.size < smallest:
            continue
        product = Product(node.input[0], weights, node.output[0])
        products.append(_with_bias(view, product, view.only_reader(node)))
    return products


def product_rewrites(
    products: list[Product], observed: Mapping[str, Observed]
) -> dict[str, Rewrite]:
    """Return what computes products in int8, of those whose left side is a matrix too."""
    rewrites: dict[str, Rewrite] = {}
    for product in products:
        if observed[product.left].rank == 2:
            rewrites |= product.rewrites(observed[product.left])
    return rewrites


def _with_bias(view: GraphView, product: Product, reader: onnx.NodeProto | None) -> Product:
    added = view.with_constant(reader, "Add")
    if reader is None or added is None:
        return product
    bias = view.constant(added[1])
    if bias is None or bias.shape != product.weights.shape[1:]:
        return product
    return Product(product.left, product.weights, reader.output[0], bias, product.output)


def _through_uint8(nodes: Nodes, tensor: str, observed: Observed) -> str:
    scale, zero = nodes.constant(observed.scale), nodes.constant(observed.zero_point)
    integers = nodes.add("QuantizeLinear", tensor, scale, zero)
    return nodes.add("DequantizeLinear", integers, scale, zero)


def _nothing(nodes: Nodes) -> None:
    """Stand for a node that another one's nodes stand for."""
