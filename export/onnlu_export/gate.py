"""What a converted graph has to be, before its numbers are looked at."""

from __future__ import annotations

import onnx
from onnx import TensorProto

from onnlu_export.conversion import Conversion
from onnlu_export.errors import ConversionException
from onnlu_export.graph import Tensor, described, graphs

ALLOWED_DOMAINS = ("", "ai.onnx")


def check_graph(conversion: Conversion) -> None:
    """Check validity, domains, self-containedness and the contracted interface.

    Raises:
        ConversionException: the first check that fails, with what it found.
    """
    model = conversion.graph
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ConversionException(f"The ONNX checker refuses the graph: {error}") from error
    problems = [*_foreign_operations(model.graph), *_foreign_data(model.graph)]
    problems += _differences("input", model.graph.input, conversion.inputs)
    problems += _differences("output", model.graph.output, conversion.outputs)
    problems += _dead_inputs(model.graph)
    if problems:
        raise ConversionException(
            f"The converted graph is not as contracted: {'; '.join(problems)}."
        )


def _foreign_operations(graph: onnx.GraphProto) -> list[str]:
    return [
        f"operation {node.domain}.{node.op_type} ({node.name}) is of a domain that is not allowed"
        for inner in graphs(graph)
        for node in inner.node
        if node.domain not in ALLOWED_DOMAINS
    ]


def _foreign_data(graph: onnx.GraphProto) -> list[str]:
    problems = []
    for inner in graphs(graph):
        problems += [
            f"initialiser {tensor.name} lies in another file"
            for tensor in inner.initializer
            if tensor.data_location == TensorProto.EXTERNAL
        ]
        problems += [
            f"initialiser {tensor.values.name} is sparse" for tensor in inner.sparse_initializer
        ]
    return problems


def _differences(
    kind: str, values: list[onnx.ValueInfoProto], contracted: tuple[Tensor, ...]
) -> list[str]:
    found = tuple(described(value) for value in values)
    return [] if found == contracted else [f"{kind}s should be {contracted}, not {found}"]


def _dead_inputs(graph: onnx.GraphProto) -> list[str]:
    read = {name for inner in graphs(graph) for node in inner.node for name in node.input}
    return [f"nothing reads input {value.name}" for value in graph.input if value.name not in read]
