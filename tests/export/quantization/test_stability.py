"""What another machine may make of an int8 graph: numbers, and decisions that nearly tie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnlu.tolerance import Tolerance
from onnlu_export.quantization.stability import stability
from onnlu_export.samples import GOLDEN_TEXTS, ODD_TEXTS, golden_sample

UNITS = 64


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """A product in int8 whose two columns hold the same weights, and which of them is larger."""
    column = np.random.default_rng(0).integers(-64, 65, UNITS).astype(np.int8)
    constants = {
        "kernel": np.stack([column, column[::-1]], axis=1),
        "scale": np.array(0.0137, np.float32),
        "zero": np.array(0, np.int8),
    }
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["small"]),
        helper.make_node("DequantizeLinear", ["small", "scale", "zero"], ["large"]),
        helper.make_node("DequantizeLinear", ["kernel", "scale", "zero"], ["weights"]),
        helper.make_node("MatMul", ["large", "weights"], ["scores"]),
        helper.make_node("ArgMax", ["scores"], ["tags"], axis=1, keepdims=0),
    ]
    made = helper.make_graph(
        nodes,
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, UNITS])],
        [
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, 2]),
            helper.make_tensor_value_info("tags", TensorProto.INT64, [1]),
        ],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.save(model, tmp_path / "model.onnx")
    return tmp_path / "model.onnx"


def test_texts_that_kernels_decide_otherwise_are_undecided(graph: Path) -> None:
    rng = np.random.default_rng(1)
    inputs = {}
    for number in range(40):
        half = rng.standard_normal(UNITS // 2).astype(np.float32)
        # The same from either end: in integers the columns tie, in floats the last digit decides.
        inputs[f"tied {number}"] = {"x": np.concatenate([half, half[::-1]])[None]}
        inputs[f"clear {number}"] = {"x": rng.standard_normal((1, UNITS)).astype(np.float32)}

    found = stability(graph, inputs, Tolerance())

    assert found.undecided
    assert all(text.startswith("tied") for text in found.undecided)
    assert found.tolerance.rtol == Tolerance().rtol
    assert Tolerance().atol <= found.tolerance.atol < 1e-3


def test_golden_texts_are_decided() -> None:
    ordinary = [f"text {number}" for number in range(100)]

    chosen = golden_sample(ordinary, {"text 0", "?"})

    assert set(golden_sample(ordinary, ())) >= {"text 0", *ODD_TEXTS}
    assert not {"text 0", "?"} & set(chosen)
    assert set(chosen) - set(ordinary) == set(ODD_TEXTS) - {"?"}
    assert len(chosen) >= GOLDEN_TEXTS
