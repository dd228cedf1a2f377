"""What the tensors within an exported graph have to be; why so: docs/decisions/0010."""

from __future__ import annotations

import tempfile
from bisect import bisect_left
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from onnlu.session import OnnxSession, Tensors
from onnlu.tolerance import Tolerance
from onnlu_export.conversion import convert
from onnlu_export.exported_inputs import exported_inputs
from onnlu_export.passes import REQUIRED_PASSES
from onnlu_export.trace import trace
from onnlu_train.models.rasa_model import RasaModel


class ReferenceTensors:
    """The tensors of a model, by the names that its exported graph gives them.

    They are those of a graph that is converted anew, with no more passes than it needs, where it
    gives what TensorFlow gives; else it is the conversion that is wrong, and they are TensorFlow's.

    Args:
        model: the trained model.
        tolerance: within which the conversion is right.
        diagnostics: the graph returns what is there for diagnosis as well.
    """

    def __init__(
        self, model: RasaModel, tolerance: Tolerance, *, diagnostics: bool = False
    ) -> None:
        conversion = convert(model, diagnostics=diagnostics)
        for graph_pass in REQUIRED_PASSES:
            graph_pass(conversion)
        self._graph = conversion.graph
        traced = trace(model, diagnostics=diagnostics)
        self._names = traced.names
        self._frozen: Any = convert_variables_to_constants_v2(
            traced.function.get_concrete_function(), lower_control_flow=False
        )
        self._input_names = [tensor.name for tensor in exported_inputs(model)]
        self._tolerance = tolerance

    def of(self, inputs: Tensors, ours: Tensors) -> Tensors:
        """Return what is known of the tensors of an exported graph.

        Args:
            inputs: of the graph.
            ours: its tensors, by name.
        """
        converted = all_tensors(self._graph, inputs)
        traced = self._traced(inputs, ours)
        returned = [name for name in self._names if name in converted]
        if all(self._tolerance.excess(converted[n], traced[n]) <= 0 for n in returned):
            return converted
        # Where TensorFlow has a number, ONNX may have a vector of one, under the same name.
        return {
            name: array.reshape(ours[name].shape)
            for name, array in traced.items()
            if name in ours and ours[name].size == array.size
        }

    def _traced(self, inputs: Tensors, names: Collection[str]) -> Tensors:
        """Return what TensorFlow computes under the names given, and what the trace returns."""
        frozen = self._frozen
        fetched = {name: _tensor(frozen.graph, name) for name in names}
        fetched |= dict(zip(self._names, frozen.outputs, strict=True))
        fetched = {name: tensor for name, tensor in fetched.items() if tensor is not None}
        feeds = [
            tf.constant(inputs[self._input_names[int(tensor.op.name.rpartition("_")[2])]])
            for tensor in frozen.inputs
        ]
        values = frozen.prune(frozen.inputs, list(fetched.values()))(*feeds)
        return {name: np.asarray(value) for name, value in zip(fetched, values, strict=True)}


def all_tensors(graph: onnx.ModelProto, inputs: Tensors) -> Tensors:
    """Run a graph on the CPU and return every tensor that one of its nodes makes, by name.

    Where a node fails on what others make, those that are made before it.
    """
    number = len(graph.graph.node)
    try:
        return _tensors_of_first(number, graph, inputs)
    except Exception:  # ONNX Runtime's exceptions have no public base
        running = bisect_left(
            range(number), True, key=lambda nodes: _fails(nodes + 1, graph, inputs)
        )
        return _tensors_of_first(running, graph, inputs)


def _fails(nodes: int, graph: onnx.ModelProto, inputs: Tensors) -> bool:
    try:
        _tensors_of_first(nodes, graph, inputs)
    except Exception:
        return True
    return False


def _tensors_of_first(nodes: int, graph: onnx.ModelProto, inputs: Tensors) -> Tensors:
    """Run the first nodes alone."""
    exposed = onnx.ModelProto()
    exposed.CopyFrom(graph)
    del exposed.graph.node[nodes:]
    del exposed.graph.output[:]
    exposed.graph.output.extend(
        onnx.ValueInfoProto(name=name)
        for node in exposed.graph.node
        for name in node.output
        if name
    )
    if not exposed.graph.output:
        return {}
    with tempfile.TemporaryDirectory(prefix="onnlu-tensors-") as folder:
        path = Path(folder) / "exposed.onnx"
        onnx.save(exposed, path)
        session = OnnxSession(path)
        return session.run({name: inputs[name] for name in session.input_names})


def _tensor(graph: tf.Graph, name: str) -> tf.Tensor | None:
    try:
        tensor = graph.get_tensor_by_name(name)
    except (KeyError, ValueError):  # no such tensor, or a name that TensorFlow gives none
        return None
    dtype = tensor.dtype
    return tensor if dtype.is_floating or dtype.is_integer or dtype.is_bool else None
