"""Layer normalisations are fused, and only those (findings.md 9)."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnlu_export.conversion import Conversion
from onnlu_export.passes.layer_norm import fuse_layer_norm

UNITS = 4


def layer_norm(
    *, axis: int = -1, centred: str = "x", outputs: tuple[str, ...] = ("y",), divide: str = "Div"
) -> Conversion:
    """Return the nine operations, with one thing perhaps not as in a layer normalisation."""
    constants: dict[str, Any] = {
        "axis": np.array([axis]),
        "epsilon": np.float32(1e-6),
        "gamma": np.linspace(0.5, 2, UNITS, dtype=np.float32),
        "beta": np.linspace(-1, 1, UNITS, dtype=np.float32),
    }
    node = helper.make_node
    nodes = [
        node("ReduceMean", ["x", "axis"], ["mean"]),
        node("Sub", [centred, "mean"], ["centre"]),
        node("Mul", ["centre", "centre"], ["square"]),
        node("ReduceMean", ["square", "axis"], ["variance"]),
        node("Add", ["variance", "epsilon"], ["stable"]),
        node("Sqrt", ["stable"], ["deviation"]),
        node(divide, ["centre", "deviation"], ["normal"]),
        node("Mul", ["normal", "gamma"], ["scaled"]),
        node("Add", ["beta", "scaled"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", UNITS]) for n in ("x", "z")],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", None]) for n in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    return Conversion(model, (), (), ())


def run(model: onnx.ModelProto) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    inputs = {name: rng.standard_normal((5, UNITS)).astype(np.float32) for name in ("x", "z")}
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, inputs)


def test_nine_operations_become_one_with_the_same_result() -> None:
    conversion = layer_norm()
    (before,) = run(conversion.graph)
    fuse_layer_norm(conversion)
    assert [node.op_type for node in conversion.graph.graph.node] == ["LayerNormalization"]
    (after,) = run(conversion.graph)
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "different",
    [
        {"axis": 0},  # over the batch
        {"centred": "z"},  # the mean of another tensor
        {"outputs": ("y", "centre")},  # the graph returns what would go
        {"divide": "Mul"},
    ],
)
def test_what_is_no_layer_normalisation_is_left_alone(different: dict[str, Any]) -> None:
    conversion = layer_norm(**different)
    before = run(conversion.graph)
    fuse_layer_norm(conversion)
    assert len(conversion.graph.graph.node) == 9
    for one, other in zip(run(conversion.graph), before, strict=True):
        np.testing.assert_array_equal(one, other)
