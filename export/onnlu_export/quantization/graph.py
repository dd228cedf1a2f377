"""A float graph in int8."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx

from onnlu.session import Tensors
from onnlu_export.quantization.calibration import observe
from onnlu_export.quantization.products import SMALLEST, product_rewrites, products_of
from onnlu_export.quantization.rewriting import Rewrite, rewrite_nodes
from onnlu_export.quantization.tables import tables_of

PREFIX = "int8."


def quantized_graph(
    graph: onnx.ModelProto, texts: Sequence[Tensors], folder: Path, smallest: int = SMALLEST
) -> onnx.ModelProto:
    """Return a graph with large tables and products in int8, all else as it was.

    Every row of a batch is computed as if it were alone, as scales are constants. The decoding of
    tags has no product with a large matrix, and stays float32.

    Args:
        graph: a float graph, complete; it is not changed.
        texts: its inputs for one text each, to calibrate on.
        folder: for a temporary file, an existing directory.
        smallest: weights that a matrix has to have to be quantised.
    """
    quantized = onnx.ModelProto()
    quantized.CopyFrom(graph)
    products = products_of(quantized.graph, smallest)
    rewrites: dict[str, Rewrite] = {}
    if products:
        observed = observe(graph, {product.left for product in products}, texts, folder)
        rewrites |= product_rewrites(products, observed)
    for table in tables_of(quantized.graph, smallest):
        rewrites |= table.rewrites()
    rewrite_nodes(quantized.graph, rewrites, PREFIX)
    return quantized


def is_quantized(graph: onnx.ModelProto) -> bool:
    """Return whether a graph has int8 weights."""
    return any(tensor.data_type == onnx.TensorProto.INT8 for tensor in graph.graph.initializer)
