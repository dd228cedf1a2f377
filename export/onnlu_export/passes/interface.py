"""Declare inputs and outputs as contracted, and name the graph as ours."""

from __future__ import annotations

import numpy as np
from onnx import helper

from onnlu_export.conversion import Conversion
from onnlu_export.graph import Tensor


def declare_interface(conversion: Conversion) -> None:
    """Set names, types and dimensions of inputs and outputs; drop what nothing reads."""
    model = conversion.graph
    graph = model.graph
    # In the order of the contract: Keras and tf2onnx have orders of their own.
    graph.ClearField("input")
    graph.input.extend(_value_info(tensor) for tensor in conversion.inputs)
    graph.ClearField("output")
    graph.output.extend(_value_info(tensor) for tensor in conversion.outputs)
    _drop_unread_initializers(conversion)
    graph.name = "predict_step"
    graph.ClearField("doc_string")
    model.producer_name = "onnlu"
    model.ClearField("producer_version")
    model.ClearField("doc_string")
    model.ClearField("metadata_props")


def _value_info(tensor: Tensor) -> object:
    element_type = helper.np_dtype_to_tensor_dtype(np.dtype(tensor.dtype))
    return helper.make_tensor_value_info(tensor.name, element_type, list(tensor.dims))


def _drop_unread_initializers(conversion: Conversion) -> None:
    graph = conversion.graph.graph
    read = {name for node in graph.node for name in node.input}
    for node in graph.node:
        for attribute in node.attribute:
            read |= {name for inner in attribute.g.node for name in inner.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in read]:
        graph.initializer.remove(tensor)
