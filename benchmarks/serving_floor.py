"""The floor of an exported graph: an ONNX model of its matrix products, and of nothing else.

It takes what ONNX Runtime takes for these products in float32; what the graph takes beyond that is
what all its other operations cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from onnlu.session import Tensors

LEAST_NUMBERS = 10_000
"""A smaller constant takes no time to speak of, or is multiplied by one row of a text only."""


class Product(NamedTuple):
    """A product of rows by a constant: float32 [rows, inputs] by [inputs, outputs]."""

    inputs: int
    outputs: int


def products(model: onnx.ModelProto) -> list[Product]:
    """Return the products by a 2-D constant of at least `LEAST_NUMBERS` numbers, in order.

    What a loop does step by step is none of them.
    """
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    shapes |= {
        node.output[0]: tuple(attribute.t.dims)
        for node in model.graph.node
        if node.op_type == "Constant"
        for attribute in node.attribute
        if attribute.name == "value"
    }
    found = []
    for node in model.graph.node:
        if node.op_type in ("MatMul", "Gemm"):
            found += [
                product
                for position, name in enumerate(node.input[:2])
                if (product := _product(node, position, shapes.get(name, ()))) is not None
            ]
    return found


def floor_model(found: Sequence[Product], like: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model that does these products, each of its inputs `rows.<inputs>`.

    Args:
        found: the products.
        like: a model whose version of ONNX it has.
    """
    draw = np.random.default_rng(1)
    nodes, weights, outputs = [], [], []
    for number, product in enumerate(found):
        weight, output = f"weight.{number}", f"output.{number}"
        value = draw.standard_normal(product, np.float32)
        weights.append(numpy_helper.from_array(value, weight))
        nodes.append(helper.make_node("Gemm", [_input(product), weight], [output], output))
        outputs.append(_rows_by(output, product.outputs))
    inputs = {_input(product): _rows_by(_input(product), product.inputs) for product in found}
    graph = helper.make_graph(nodes, "floor", list(inputs.values()), outputs, weights)
    opsets = [opset for opset in like.opset_import if not opset.domain]
    return helper.make_model(graph, opset_imports=opsets, ir_version=like.ir_version)


def floor_inputs(found: Sequence[Product], rows: int) -> Tensors:
    """Return inputs of the floor for so many rows."""
    draw = np.random.default_rng(2)
    return {
        _input(product): draw.standard_normal((rows, product.inputs), np.float32)
        for product in found
    }


def _product(node: onnx.NodeProto, position: int, shape: tuple[int, ...]) -> Product | None:
    if len(shape) != 2 or shape[0] * shape[1] < LEAST_NUMBERS:
        return None
    name = "transB" if position else "transA"
    is_transposed = any(a.name == name and a.i for a in node.attribute)
    rows, columns = shape[::-1] if is_transposed else shape
    return Product(rows, columns) if position else Product(columns, rows)


def _input(product: Product) -> str:
    return f"rows.{product.inputs}"


def _rows_by(name: str, units: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", units])
