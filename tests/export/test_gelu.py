"""GELUs are fused, and only GELUs (findings.md 8)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnlu_export.conversion import Conversion
from onnlu_export.passes.gelu import fuse_gelu

FLOAT = TensorProto.FLOAT


def gelu_nodes(
    number: int = 0, *, source: str = "x", target: str = "y", divide: bool = False, **replaced: Any
) -> tuple[list[onnx.NodeProto], list[TensorProto]]:
    """Return the nodes of 0.5 * x * (1 + erf(x / sqrt 2)), with constants or inputs replaced."""
    values = {
        "root": math.sqrt(2) if divide else 1 / math.sqrt(2),
        "one": 1.0,
        "half": 0.5,
        **{k: v for k, v in replaced.items() if isinstance(v, float)},
    }
    p = f"g{number}."
    constants = [
        numpy_helper.from_array(np.array(value, np.float32), p + name)
        for name, value in values.items()
    ]
    flipped = replaced.get("flipped", False)

    def node(operation: str, left: str, right: str, out: str) -> onnx.NodeProto:
        order = [right, left] if flipped and operation != "Div" else [left, right]
        return helper.make_node(operation, order, [out], name=out)

    return [
        node("Div" if divide else "Mul", source, p + "root", p + "scaled"),
        helper.make_node("Erf", [p + "scaled"], [p + "erf"], name=p + "erf"),
        node("Add", p + "erf", p + "one", p + "plus"),
        node("Mul", replaced.get("other", source), p + "half", p + "halved"),
        node("Mul", p + "halved", p + "plus", target),
    ], constants


def conversion(
    nodes: list[onnx.NodeProto], constants: list[TensorProto], outputs: tuple[str, ...] = ("y",)
) -> Conversion:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(name, FLOAT, ["n"]) for name in ("x", "z")],
        [helper.make_tensor_value_info(name, FLOAT, ["n"]) for name in outputs],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    return Conversion(model, (), (), ())


def operations(made: Conversion) -> list[str]:
    return [node.op_type for node in made.graph.graph.node]


X = np.linspace(-5, 5, 41, dtype=np.float32)


def results(made: Conversion) -> list[np.ndarray]:
    onnx.checker.check_model(made.graph)
    session = onnxruntime.InferenceSession(
        made.graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": X, "z": X[::-1].copy()})


@pytest.mark.parametrize("divide", [False, True])
@pytest.mark.parametrize("flipped", [False, True])
def test_a_gelu_becomes_one_operation(divide: bool, flipped: bool):
    nodes = gelu_nodes(divide=divide, flipped=flipped)
    before = results(conversion(*nodes))
    made = conversion(*nodes)
    fuse_gelu(made)
    assert operations(made) == ["Gelu"]
    np.testing.assert_allclose(results(made), before, atol=1e-6)
    expected = [v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in X.astype(float)]
    np.testing.assert_allclose(results(made)[0], expected, atol=1e-6)


def test_gelus_in_a_row_are_all_fused():
    first, some = gelu_nodes(0, target="middle")
    second, more = gelu_nodes(1, source="middle")
    made = conversion(first + second, some + more)
    before = results(made)
    fuse_gelu(made)
    assert operations(made) == ["Gelu", "Gelu"]
    np.testing.assert_allclose(results(made), before, atol=1e-6)


NEAR_MISSES = {
    "another root": {"root": 0.7},
    "another one": {"one": 1.001},
    "another half": {"half": 0.51},
    "another factor": {"other": "z"},
}


@pytest.mark.parametrize("replaced", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_a_near_miss_is_left_alone(replaced: dict[str, Any]):
    made = conversion(*gelu_nodes(**replaced))
    before = results(made)
    fuse_gelu(made)
    assert "Gelu" not in operations(made)
    np.testing.assert_array_equal(results(made), before)


@pytest.mark.parametrize("tensor", ["g0.scaled", "g0.erf", "g0.plus", "g0.halved"])
def test_an_inner_tensor_that_another_node_reads_is_kept(tensor: str):
    nodes, constants = gelu_nodes()
    nodes.append(helper.make_node("Neg", [tensor], ["w"]))
    made = conversion(nodes, constants, ("y", "w"))
    before = results(made)
    fuse_gelu(made)
    np.testing.assert_allclose(results(made), before, atol=1e-6)


@pytest.mark.parametrize("tensor", ["g0.scaled", "g0.erf", "g0.plus", "g0.halved"])
def test_an_inner_tensor_that_is_an_output_is_kept(tensor: str):
    made = conversion(*gelu_nodes(), ("y", tensor))
    before = results(made)
    fuse_gelu(made)
    np.testing.assert_allclose(results(made), before, atol=1e-6)


def test_a_vector_of_halves_is_no_half():
    nodes, constants = gelu_nodes()
    halves = np.linspace(0.5, 1.5, len(X), dtype=np.float32)
    constants[2] = numpy_helper.from_array(halves, "g0.half")
    made = conversion(nodes, constants)
    before = results(made)
    fuse_gelu(made)
    np.testing.assert_allclose(results(made), before, atol=1e-6)
    assert "Gelu" not in operations(made)


def test_a_constant_that_adds_dimensions_to_the_result_is_left_alone():
    nodes, constants = gelu_nodes()
    constants[2] = numpy_helper.from_array(np.full((1, 1), 0.5, np.float32), "g0.half")
    made = conversion(nodes, constants)
    fuse_gelu(made)
    assert "Gelu" not in operations(made)


@pytest.mark.parametrize("length", [2, 3])
def test_the_beginning_of_a_gelu_is_left_alone(length: int):
    nodes, constants = gelu_nodes()
    made = conversion(nodes[:length], constants, (nodes[length - 1].output[0],))
    fuse_gelu(made)
    assert operations(made) == ["Mul", "Erf", "Add"][:length]


def test_diet_has_a_gelu_a_layer_and_one_at_the_end(diet: Any, diet_conversion: Conversion):
    found = operations(diet_conversion)
    assert found.count("Gelu") == diet.config["number_of_transformer_layers"] + 1
    assert "Erf" not in found
