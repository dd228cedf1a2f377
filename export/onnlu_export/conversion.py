"""From `predict_step` of any RasaModel to an ONNX graph."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import tensorflow as tf
import tf2onnx
from onnlu_train.layers.deferred import DeferredDecoding, DeferredOutput, decodings_deferred
from onnlu_train.layers.sparse_to_dense import PaddedBags
from onnlu_train.model_data.signature import FeatureSignature, features_of
from onnlu_train.models.rasa_model import RasaModel

from onnlu_export.errors import ConversionException

TF2ONNX_OPSET = 18
DIAGNOSTICS = "diagnostic_data"


@dataclass(frozen=True)
class Tensor:
    """A contracted input or output: its name, dtype (numpy's name) and dimensions."""

    name: str
    dtype: str
    dims: tuple[str | int, ...]


@dataclass(frozen=True)
class Decoding:
    """A CRF that is decoded in the exported graph.

    Attributes:
        logits: name of the logits in the graph.
        lengths: name of the lengths in the graph.
        transitions: float32 [tags, tags].
        tags: name of the output for the tags, or None where the model returns none.
        scores: name of the output for the scores.
        parent: the decoding whose tags this one depends on.
        parent_table: float32 [tags of the parent, tags].
    """

    logits: str
    lengths: str
    transitions: npt.NDArray[np.float32]
    tags: str
    scores: str
    parent: Decoding | None = None
    parent_table: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Conversion:
    """A converted graph and what it has to look like in the end.

    Attributes:
        graph: the ONNX model; passes change it in place.
        inputs: contracted inputs, in order.
        outputs: contracted outputs.
        decodings: CRFs that a pass has to append, parents first.
    """

    graph: onnx.ModelProto
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    decodings: tuple[Decoding, ...]


def exported_inputs(model: RasaModel) -> tuple[Tensor, ...]:
    """Return the inputs of the exported graph, in the order of the predict signature."""
    inputs: list[Tensor] = []
    signature = model.predict_data_signature
    for key, sub_key, position, feature in features_of(signature):
        several = len(signature[key][sub_key]) > 1
        name = f"{key}.{sub_key}.{position}" if several else f"{key}.{sub_key}"
        inputs += _inputs_of(name, sub_key, feature)
    return tuple(inputs)


def _inputs_of(name: str, sub_key: str, feature: FeatureSignature) -> list[Tensor]:
    one_row = sub_key == "sentence"
    rows = ("batch",) if one_row else ("batch", "time")
    if not feature.is_sparse:
        if feature.number_of_dimensions == 1:
            return [Tensor(name, feature.dtype, ("batch",))]
        rows = rows if feature.number_of_dimensions == 3 else ("batch",)
        return [Tensor(f"{name}.dense", feature.dtype, (*rows, feature.units))]
    bag = "sentence_bag" if one_row else "bag"
    overflow = "sentence_overflow" if one_row else "overflow"
    return [
        Tensor(f"{name}.ids", "int32", (*rows, bag)),
        Tensor(f"{name}.weights", "float32", (*rows, bag)),
        Tensor(f"{name}.overflow.ids", "int32", (overflow, bag)),
        Tensor(f"{name}.overflow.weights", "float32", (overflow, bag)),
        Tensor(f"{name}.overflow.rows", "int64", (overflow,)),
    ]


def convert(model: RasaModel) -> Conversion:
    """Trace `predict_step` on padded bags and convert the trace.

    Raises:
        ConversionException: tf2onnx reported an error, whatever it returned.
    """
    inputs = exported_inputs(model)
    specs = [
        tf.TensorSpec([d if isinstance(d, int) else None for d in i.dims], i.dtype, f"input_{n}")
        for n, i in enumerate(inputs)
    ]
    example = [tf.zeros([d if isinstance(d, int) else 1 for d in i.dims], i.dtype) for i in inputs]
    leaves, decodings = _predicted(model, example)

    def serve(*tensors: tf.Tensor) -> list[tf.Tensor]:
        traced, deferred = _predicted(model, tensors)
        plain = [value for value in traced.values() if not isinstance(value, DeferredOutput)]
        return plain + [t for decoding in deferred for t in (decoding.logits, decoding.lengths)]

    with _errors_raised():
        graph, _ = tf2onnx.convert.from_function(
            tf.function(serve, jit_compile=False), input_signature=specs, opset=TF2ONNX_OPSET
        )
    names = {id(d): f"decoding.{number}" for number, d in enumerate(decodings)}
    raw_outputs = [k for k, value in leaves.items() if not isinstance(value, DeferredOutput)]
    raw_outputs += [f"{names[id(d)]}.{part}" for d in decodings for part in ("logits", "lengths")]
    _rename(
        graph,
        dict(zip((f"input_{n}" for n in range(len(inputs))), inputs, strict=True)),
        raw_outputs,
    )
    outputs = tuple(_contracted(name, value) for name, value in leaves.items())
    return Conversion(graph, inputs, outputs, tuple(_decodings(decodings, names, leaves)))
