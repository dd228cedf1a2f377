"""The floor of a graph has the graph's matrix products, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnlu.session import OnnxSession

from .scripts import module

floor = module("serving_floor")


def weight(name: str, *shape: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.ones(shape, np.float32), name)


@pytest.fixture
def graph() -> onnx.ModelProto:
    """Five large products, one of them by a weight of both, and all kinds that are none."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["hidden"]),
        helper.make_node("Gemm", ["x", "w"], ["same_again"]),
        helper.make_node("Gemm", ["hidden", "turned"], ["y"], transB=1),
        helper.make_node("MatMul", ["turned", "column"], ["from_the_left"]),
        helper.make_node("Constant", [], ["constant"], value=weight("value", 100, 100)),
        helper.make_node("MatMul", ["x", "constant"], ["z"]),
        helper.make_node("MatMul", ["x", "small"], ["few"]),
        helper.make_node("MatMul", ["x", "stacked"], ["stack"]),
        helper.make_node("MatMul", ["x", "column"], ["activations"]),
        helper.make_node("Add", ["w", "w"], ["sum"]),
    ]
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("x", "column")]
    weights = [
        weight("w", 100, 200),
        weight("turned", 300, 200),
        weight("small", 100, 99),
        weight("stacked", 2, 100, 100),
    ]
    made = helper.make_graph(nodes, "graph", inputs, [], weights)
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=9)


def test_products_are_those_by_a_large_matrix(graph: onnx.ModelProto) -> None:
    assert floor.products(graph) == [(100, 200), (100, 200), (200, 300), (200, 300), (100, 100)]


def test_the_floor_is_one_gemm_for_each_product(graph: onnx.ModelProto, tmp_path: Path) -> None:
    found = floor.products(graph)
    model = floor.floor_model(found, graph)
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == ["Gemm"] * len(found)
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    assert [shapes[node.input[1]] for node in model.graph.node] == found
    assert (model.opset_import[0].version, model.ir_version) == (20, 9)
    onnx.save(model, tmp_path / "floor.onnx")
    session = OnnxSession(tmp_path / "floor.onnx")
    outputs = session.run(floor.floor_inputs(found, rows=11))
    assert [value.shape for value in outputs.values()] == [(11, n) for _, n in found]
