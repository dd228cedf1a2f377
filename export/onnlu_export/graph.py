"""Reading ONNX graphs; without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper


@dataclass(frozen=True)
class Tensor:
    """A contracted input or output: its name, dtype (numpy's name) and dimensions."""

    name: str
    dtype: str
    dims: tuple[str | int, ...]


def graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """Yield a graph and those inside of it, the bodies of loops."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from graphs(attribute.g)


def described(value: onnx.ValueInfoProto) -> Tensor:
    """Return name, dtype and dimensions of an input or output."""
    tensor = value.type.tensor_type
    dims = tuple(
        dim.dim_param if dim.HasField("dim_param") else dim.dim_value for dim in tensor.shape.dim
    )
    return Tensor(value.name, dtype_name(tensor.elem_type), dims)


def dtype_name(element_type: int) -> str:
    """Return numpy's name of an element type.

    >>> dtype_name(onnx.TensorProto.INT8)
    'int8'
    """
    return np.dtype(helper.tensor_dtype_to_np_dtype(element_type)).name
