"""Finding a model's weights in its exported graph: by their values, whatever their names."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper


def constant(graph: onnx.GraphProto, value: np.ndarray) -> onnx.TensorProto:
    """Find the first initialiser that holds a value, up to size-1 dimensions and transposition."""
    return constants(graph, value)[0]


def constants(graph: onnx.GraphProto, value: np.ndarray) -> list[onnx.TensorProto]:
    """Find all initialisers that hold a value, up to size-1 dimensions and transposition."""
    forms = {value.squeeze().tobytes(), value.squeeze().T.copy().tobytes()}
    found = []
    for tensor in graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            array = numpy_helper.to_array(tensor)
            if array.size == value.size and array.tobytes() in forms:
                found.append(tensor)
    return found


def weight(diet: Any, name: str) -> np.ndarray:
    if name == "labels":
        return diet._all_labels.numpy()
    if name == "role.table":
        return next(head for head in diet._heads if head.name == "role")._parent_table().numpy()
    named = diet._named_weights()
    value = np.asarray(named[name])
    if name.replace("kernel", "mask") in named and name.endswith("kernel"):
        value = value * np.asarray(named[name.replace("kernel", "mask")])
    if name == "text.encoder.embedding/kernel":
        value = value * np.float32(diet.config["transformer_size"] ** 0.5)
    return value
