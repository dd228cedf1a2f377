"""Each check of the gate fails on the defect that it is there for (design.md 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnlu_export.conversion import Conversion, convert
from onnlu_export.errors import ConversionException
from onnlu_export.gate import check_graph
from onnlu_export.graph import Tensor
from onnlu_export.passes import DEFAULT_PASSES

from .toy_models import Linear


@pytest.fixture(scope="module")
def sound() -> Conversion:
    conversion = convert(Linear())
    for graph_pass in DEFAULT_PASSES:
        graph_pass(conversion)
    return conversion


def copy(conversion: Conversion) -> Conversion:
    graph = onnx.ModelProto()
    graph.CopyFrom(conversion.graph)
    return replace(conversion, graph=graph)


def test_a_sound_graph_passes(sound: Conversion):
    check_graph(sound)


def test_the_graph_of_diet_passes(diet_conversion: Conversion):
    check_graph(diet_conversion)


def kernel_of(graph: onnx.GraphProto) -> TensorProto:
    return next(tensor for tensor in graph.initializer if list(tensor.dims) == [4, 2])


def foreign_operation(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    last = model.graph.node[-1]
    last.output[0] = "raw"
    model.graph.node.append(helper.make_node("Gelu", ["raw"], ["sums"], domain="com.microsoft"))


def foreign_operation_in_a_body(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    last = model.graph.node[-1]
    last.output[0] = "raw"
    branches = {
        f"{name}_branch": helper.make_graph(
            [helper.make_node("Gelu", ["raw"], [name], domain="com.microsoft")],
            name,
            [],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2])],
        )
        for name in ("then", "else")
    }
    always = numpy_helper.from_array(np.array(True), "always")
    model.graph.initializer.append(always)
    model.graph.node.append(helper.make_node("If", ["always"], ["sums"], **branches))


def external_data(model: onnx.ModelProto) -> None:
    kernel = kernel_of(model.graph)
    kernel.ClearField("raw_data")
    kernel.data_location = TensorProto.EXTERNAL
    entry = kernel.external_data.add()
    entry.key, entry.value = "location", "elsewhere.bin"


def sparse_initialiser(model: onnx.ModelProto) -> None:
    values = helper.make_tensor("few", TensorProto.FLOAT, [1], [2.0])
    indices = helper.make_tensor("places", TensorProto.INT64, [1], [3])
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [4, 2]))


def renamed_output(model: onnx.ModelProto) -> None:
    model.graph.node[-1].output[0] = model.graph.output[0].name = "totals"


def renamed_input(model: onnx.ModelProto) -> None:
    for node in model.graph.node:
        node.input[:] = ["x" if name == "text.rows.dense" else name for name in node.input]
    model.graph.input[0].name = "x"


def fixed_batch(model: onnx.ModelProto) -> None:
    dim = model.graph.input[0].type.tensor_type.shape.dim[0]
    dim.Clear()
    dim.dim_value = 1


def nameless_dimension(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "unk__7"


def further_input(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("idle", TensorProto.FLOAT, ["batch"]))


def missing_output(model: onnx.ModelProto) -> None:
    extra = helper.make_tensor_value_info("sums2", TensorProto.FLOAT, ["batch", 2])
    model.graph.node.append(helper.make_node("Identity", ["sums"], ["sums2"]))
    model.graph.output.append(extra)


def wrong_type(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE


def unknown_operation(model: onnx.ModelProto) -> None:
    model.graph.node[-1].op_type = "NoSuchOperation"


def cycle(model: onnx.ModelProto) -> None:
    first = next(node for node in model.graph.node if "text.rows.dense" in node.input)
    first.input[list(first.input).index("text.rows.dense")] = "sums"


def wrong_shape(model: onnx.ModelProto) -> None:
    kernel = kernel_of(model.graph)
    kernel.CopyFrom(numpy_helper.from_array(np.ones((5, 2), np.float32), kernel.name))


@pytest.mark.parametrize(
    ("plant", "message"),
    [
        (foreign_operation, "com.microsoft.Gelu .* domain that is not allowed"),
        (foreign_operation_in_a_body, "com.microsoft.Gelu .* domain that is not allowed"),
        (external_data, "elsewhere.bin|lies in another file"),
        (sparse_initialiser, "initialiser few is sparse"),
        (renamed_output, "outputs should be .*'sums'.*, not .*'totals'"),
        (renamed_input, "inputs should be .*'text.rows.dense'.*, not .*'x'"),
        (fixed_batch, r"inputs should be .*'batch'.*, not .*\(1, "),
        (nameless_dimension, "outputs should be .*not .*unk__7"),
        (further_input, "inputs should be .*; nothing reads input idle"),
        (missing_output, "outputs should be .*not .*sums2"),
        (wrong_type, "checker refuses"),
        (unknown_operation, "checker refuses"),
        (cycle, "checker refuses"),
        (wrong_shape, "checker refuses"),
    ],
)
def test_a_planted_defect_is_found(
    sound: Conversion, plant: Callable[[onnx.ModelProto], None], message: str
):
    conversion = copy(sound)
    plant(conversion.graph)
    with pytest.raises(ConversionException, match=message):
        check_graph(conversion)


def test_an_input_that_nothing_reads_is_found_though_it_is_contracted(sound: Conversion):
    conversion = copy(sound)
    further_input(conversion.graph)
    idle = Tensor("idle", "float32", ("batch",))
    conversion = replace(conversion, inputs=(*conversion.inputs, idle))
    with pytest.raises(ConversionException, match="nothing reads input idle"):
        check_graph(conversion)


def test_an_input_that_a_body_reads_is_not_dead(sound: Conversion):
    conversion = copy(sound)
    graph: Any = conversion.graph.graph
    last = graph.node[-1]
    last.output[0] = "raw"
    graph.input.append(helper.make_tensor_value_info("shift", TensorProto.FLOAT, ["batch", 2]))
    branches = {
        f"{name}_branch": helper.make_graph(
            [helper.make_node(operation, ["raw", "shift"], [name])],
            name,
            [],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2])],
        )
        for name, operation in (("then", "Add"), ("else", "Sub"))
    }
    graph.initializer.append(numpy_helper.from_array(np.array(True), "always"))
    graph.node.append(helper.make_node("If", ["always"], ["sums"], **branches))
    shift = Tensor("shift", "float32", ("batch", 2))
    check_graph(replace(conversion, inputs=(*conversion.inputs, shift)))


def test_all_problems_of_a_graph_are_named_together(sound: Conversion):
    conversion = copy(sound)
    for plant in (foreign_operation, further_input, sparse_initialiser):
        plant(conversion.graph)
    with pytest.raises(ConversionException) as caught:
        check_graph(conversion)
    for part in ("com.microsoft.Gelu", "few is sparse", "inputs should be", "nothing reads"):
        assert part in str(caught.value)
