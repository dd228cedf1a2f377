"""What is in an exported model."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from math import prod
from pathlib import Path
from typing import Any

import onnx

from onnlu.components.onnx_component import DIAGNOSTICS_FILE
from onnlu.golden import golden_texts
from onnlu.nlu import describe
from onnlu.session import MODEL_FILE
from onnlu_engine.errors import CorruptModelException, IncompatibleModelException
from onnlu_engine.model_directory import Model, open_model
from onnlu_export.graph import described, dtype_name, graphs


def inspect_export(path: Path) -> dict[str, Any]:
    """Return what is in an exported model, as plain JSON.

    Args:
        path: the model's directory.

    Returns:
        `path`, `model_id`, `graphs` (by resource, see `inspect_graph`), `golden_texts`, `parity`,
        `quantization` of a model in int8, and `diagnostics`, the graphs of a model that was
        exported with them.

    Raises:
        ModelException: the model is missing, corrupt, incompatible, or not exported.
    """
    model = open_model(path)
    if model.manifest.get("kind") != "onnx":
        raise IncompatibleModelException(
            f"{model.path} is no exported model. Export it first: "
            f"exporter to-onnx {model.path} --out <directory>"
        )
    if describe(model).get("parity") is None:
        raise CorruptModelException(
            f"{model.path}: manifest.json holds no report of the parity. Export the model again."
        )
    reports = ("parity", "quantization")
    diagnostics = _inspected_graphs(model, DIAGNOSTICS_FILE)
    return {
        "path": str(model.path),
        "model_id": model.model_id,
        "graphs": _inspected_graphs(model, MODEL_FILE),
        **({"diagnostics": diagnostics} if diagnostics else {}),
        "golden_texts": golden_texts(model.path),
        **{name: model.manifest[name] for name in reports if name in model.manifest},
    }


def _inspected_graphs(model: Model, name: str) -> dict[str, Any]:
    """Return what is in the graphs of one file name, by resource."""
    files = sorted(model.components.glob(f"*/{name}"))
    return {file.parent.name: inspect_graph(file) for file in files}


def inspect_graph(file: Path) -> dict[str, Any]:
    """Return the interface of one ONNX file and what it is made of, as plain JSON.

    Returns:
        `inputs` and `outputs` (`name`, `dtype`, `dims`), `opset`, `operators` (their number by
        name, the most frequent first, bodies of loops included), `parameters` (their number),
        `types` (the number of parameters by dtype), `size` in bytes.

    Raises:
        CorruptModelException: the file is no ONNX model.
    """
    try:
        return _inspected(file)
    except Exception as error:  # protobuf's, and what an unknown dtype or dimension raises
        raise CorruptModelException(
            f"{file} is no ONNX model that can be read: {error}. Export the model again."
        ) from error


def _inspected(file: Path) -> dict[str, Any]:
    graph_model = onnx.load(file, load_external_data=False)
    inner = list(graphs(graph_model.graph))
    parameters: Counter[str] = Counter()
    for tensor in (tensor for graph in inner for tensor in graph.initializer):
        parameters[dtype_name(tensor.data_type)] += prod(tensor.dims)
    operators = Counter(node.op_type for graph in inner for node in graph.node)
    return {
        "inputs": [asdict(described(value)) for value in graph_model.graph.input],
        "outputs": [asdict(described(value)) for value in graph_model.graph.output],
        "opset": max(opset.version for opset in graph_model.opset_import),
        "operators": dict(sorted(operators.items(), key=lambda item: (-item[1], item[0]))),
        "parameters": parameters.total(),
        "types": dict(sorted(parameters.items())),
        "size": file.stat().st_size,
    }
