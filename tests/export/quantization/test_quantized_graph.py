"""Which parts of a graph become int8, and what they then compute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnlu.session import OnnxSession, Tensors
from onnlu_export.quantization.calibration import observe
from onnlu_export.quantization.graph import is_quantized, quantized_graph

RNG = np.random.default_rng(3)
KERNEL = RNG.standard_normal((16, 8)).astype(np.float32)
KERNEL[:, 2] = 0
BIAS = RNG.standard_normal(8).astype(np.float32)
TABLE = RNG.standard_normal((50, 6)).astype(np.float32)
SMALLEST = 100


def graph_of(
    nodes: list[onnx.NodeProto],
    inputs: dict[str, Any],
    output: tuple[str, list[Any]],
    **constants: np.ndarray,
) -> onnx.ModelProto:
    types = {"ids": TensorProto.INT32}
    graph = helper.make_graph(
        nodes,
        "graph",
        [
            helper.make_tensor_value_info(name, types.get(name, TensorProto.FLOAT), dims)
            for name, dims in inputs.items()
        ],
        [helper.make_tensor_value_info(output[0], TensorProto.FLOAT, output[1])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def dense(dims: list[Any], *, bias: bool = True) -> onnx.ModelProto:
    nodes = [helper.make_node("MatMul", ["x", "kernel"], ["product"], "product")]
    constants = {"kernel": KERNEL}
    if bias:
        nodes.append(helper.make_node("Add", ["product", "bias"], ["sum"], "sum"))
        constants["bias"] = BIAS
    return graph_of(
        nodes, {"x": dims}, ("sum" if bias else "product", [*dims[:-1], 8]), **constants
    )


def bag_sum() -> onnx.ModelProto:
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["rows"], "rows"),
        helper.make_node("MatMul", ["weights", "rows"], ["sums"], "sums"),
    ]
    dims = {"ids": ["batch", "bag"], "weights": ["batch", 1, "bag"]}
    return graph_of(nodes, dims, ("sums", ["batch", 1, 6]), table=TABLE)


def ran(graph: onnx.ModelProto, inputs: Tensors, folder: Path) -> np.ndarray:
    path = folder / "graph.onnx"
    onnx.save(graph, path)
    (output,) = OnnxSession(path).run(inputs).values()
    return output


def operators(graph: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in graph.graph.node]


def constants(graph: onnx.ModelProto, element_type: int) -> list[np.ndarray]:
    return [
        numpy_helper.to_array(tensor)
        for tensor in graph.graph.initializer
        if tensor.data_type == element_type
    ]


@pytest.mark.parametrize("bias", [True, False], ids=["with a bias", "without"])
def test_a_product_is_computed_in_int8(tmp_path: Path, bias: bool):
    x = RNG.standard_normal((9, 16)).astype(np.float32)
    quantized = quantized_graph(dense(["n", 16], bias=bias), [{"x": x}], tmp_path, SMALLEST)
    onnx.checker.check_model(quantized, full_check=True)
    step = (x.max() - x.min()) / 255
    columns = np.where(np.abs(KERNEL).any(axis=0), np.abs(KERNEL).max(axis=0) / 64, 1)
    rounded = np.rint(x / step) * step, np.rint(KERNEL / columns) * columns
    ours = ran(quantized, {"x": x}, tmp_path)
    np.testing.assert_allclose(
        ours, rounded[0] @ rounded[1] + (BIAS if bias else 0), rtol=1e-4, atol=columns.max() * step
    )
    assert 0 < np.abs(ours - x @ KERNEL - (BIAS if bias else 0)).mean() < 0.1
    assert ("Gemm" if bias else "MatMul") in operators(quantized)
    assert not any(array.size >= SMALLEST for array in constants(quantized, TensorProto.FLOAT))


# Two products of uint8 and int8 are added in 16 bits by CPUs without VNNI.
def test_weights_of_products_have_seven_bits(tmp_path: Path):
    quantized = quantized_graph(
        dense(["n", 16]), [{"x": np.ones((1, 16), np.float32)}], tmp_path, SMALLEST
    )
    weights = next(a for a in constants(quantized, TensorProto.INT8) if a.ndim == 2)
    assert np.abs(weights.astype(int)).max() == 64
    assert 2 * 255 * 64 < 2**15


def test_a_column_of_zeros_gives_its_bias(tmp_path: Path):
    x = RNG.standard_normal((4, 16)).astype(np.float32)
    quantized = quantized_graph(dense(["n", 16]), [{"x": x}], tmp_path, SMALLEST)
    np.testing.assert_allclose(
        ran(quantized, {"x": x}, tmp_path)[:, 2], np.full(4, BIAS[2]), rtol=1e-5
    )


def test_a_row_does_not_depend_on_the_others(tmp_path: Path):
    rows = RNG.standard_normal((5, 16)).astype(np.float32)
    quantized = quantized_graph(dense(["n", 16]), [{"x": rows}], tmp_path, SMALLEST)
    together = ran(quantized, {"x": np.concatenate([rows, 1e3 * rows])}, tmp_path)[:5]
    alone = [ran(quantized, {"x": row[np.newaxis]}, tmp_path)[0] for row in rows]
    np.testing.assert_array_equal(together, alone)


def test_what_is_beyond_the_calibrated_range_is_cut_off(tmp_path: Path):
    quantized = quantized_graph(
        dense(["n", 16], bias=False), [{"x": np.ones((1, 16), np.float32)}], tmp_path, SMALLEST
    )
    small, large = (
        ran(quantized, {"x": np.full((1, 16), value, np.float32)}, tmp_path) for value in (1, 100)
    )
    np.testing.assert_array_equal(small, large)


@pytest.mark.parametrize(
    ("graph", "x"),
    [
        (dense(["n", "time", 16]), np.ones((2, 3, 16), np.float32)),
        (dense(["n", 16]), np.ones((2, 16), np.float32)),
    ],
    ids=["of a tensor of rank 3", "with a small matrix"],
)
def test_other_products_stay_float(tmp_path: Path, graph: onnx.ModelProto, x: np.ndarray):
    smallest = SMALLEST if x.ndim == 3 else KERNEL.size + 1
    quantized = quantized_graph(graph, [{"x": x}], tmp_path, smallest)
    assert operators(quantized) == ["MatMul", "Add"]
    assert not is_quantized(quantized)


def test_rows_of_a_table_are_summed_by_their_own_scales(tmp_path: Path):
    ids = RNG.integers(0, 50, (3, 4)).astype(np.int32)
    weights = RNG.standard_normal((3, 1, 4)).astype(np.float32)
    inputs = {"ids": ids, "weights": weights}
    quantized = quantized_graph(bag_sum(), [inputs], tmp_path, SMALLEST)
    onnx.checker.check_model(quantized, full_check=True)
    steps = np.abs(TABLE).max(axis=1, keepdims=True) / 127
    rounded = np.rint(TABLE / steps) * steps
    expected = [
        [sum(w * rounded[i] for i, w in zip(bag, weight[0], strict=True))]
        for bag, weight in zip(ids, weights, strict=True)
    ]
    np.testing.assert_allclose(ran(quantized, inputs, tmp_path), expected, rtol=1e-4, atol=1e-5)
    assert not any(array.size >= SMALLEST for array in constants(quantized, TensorProto.FLOAT))


def test_an_empty_bag_sums_to_nothing(tmp_path: Path):
    inputs = {"ids": np.zeros((2, 0), np.int32), "weights": np.zeros((2, 1, 0), np.float32)}
    quantized = quantized_graph(bag_sum(), [inputs], tmp_path, SMALLEST)
    assert not ran(quantized, inputs, tmp_path).any()


# The tables of tag scores that decoding adds to its logits are of this form.
def test_a_table_that_is_not_summed_in_bags_stays_float(tmp_path: Path):
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["rows"], "rows"),
        helper.make_node("Add", ["weights", "rows"], ["sums"], "sums"),
    ]
    dims = {"ids": ["batch"], "weights": ["batch", 6]}
    graph = graph_of(nodes, dims, ("sums", ["batch", 6]), table=TABLE)
    inputs = {"ids": np.zeros(2, np.int32), "weights": np.zeros((2, 6), np.float32)}
    assert not is_quantized(quantized_graph(graph, [inputs], tmp_path, SMALLEST))


def test_a_table_with_one_more_reader_stays_float(tmp_path: Path):
    graph = bag_sum()
    graph.graph.node.append(helper.make_node("ReduceMax", ["table"], ["most"], "most", keepdims=0))
    graph.graph.output.append(helper.make_tensor_value_info("most", TensorProto.FLOAT, []))
    inputs = {"ids": np.zeros((2, 1), np.int32), "weights": np.zeros((2, 1, 1), np.float32)}
    assert not is_quantized(quantized_graph(graph, [inputs], tmp_path, SMALLEST))


def test_ranges_are_those_of_all_texts_and_hold_zero(tmp_path: Path):
    texts = [{"x": np.full((2, 16), value, np.float32)} for value in (3, 5, -0.5)]
    observed = observe(dense(["n", 16]), ["x", "product"], texts, tmp_path)
    assert (observed["x"].rank, observed["x"].low, observed["x"].high) == (2, -0.5, 5.0)
    sums = KERNEL.sum(axis=0)
    assert observed["product"].high == pytest.approx(max(5 * sums.max(), -0.5 * sums.min(), 0))
    above = observe(dense(["n", 16]), ["x"], texts[:1], tmp_path)["x"]
    assert (above.low, above.zero_point) == (0.0, 0)
    assert list(tmp_path.iterdir()) == []
