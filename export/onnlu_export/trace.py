"""`predict_step` of any RasaModel, traced on the inputs of its exported graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from onnlu.diagnostics import PREFIX
from onnlu_export.exported_inputs import exported_inputs
from onnlu_export.graph import Tensor
from onnlu_train.layers.deferred import DeferredDecoding, DeferredOutput, decodings_deferred
from onnlu_train.layers.sparse_to_dense import PaddedBags
from onnlu_train.model_data.signature import features_of
from onnlu_train.models.outputs import flattened
from onnlu_train.models.rasa_model import RasaModel


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
        rasa_compat: give the scores that Rasa 3.6 gives.
    """

    logits: str
    lengths: str
    transitions: npt.NDArray[np.float32]
    tags: str
    scores: str
    parent: Decoding | None = None
    parent_table: npt.NDArray[np.float32] | None = None
    rasa_compat: bool = False


@dataclass(frozen=True)
class Trace:
    """`predict_step` on padded bags, as TensorFlow traced it.

    Attributes:
        function: the traced function, called with the tensors of `specs`.
        specs: what it takes, in the order of the exported inputs.
        names: of what it returns, in order: outputs, then logits and lengths of each decoding.
        outputs: contracted outputs.
        decodings: CRFs that it leaves out, parents first.
    """

    function: Any
    specs: list[tf.TensorSpec]
    names: list[str]
    outputs: tuple[Tensor, ...]
    decodings: tuple[Decoding, ...]


def trace(model: RasaModel, *, diagnostics: bool = False) -> Trace:
    """Trace `predict_step` of a model.

    Args:
        model: a trained model.
        diagnostics: return what is there for diagnosis as well.
    """
    inputs = exported_inputs(model)
    examples = [_example(tensor) for tensor in inputs]
    leaves, decodings = _predicted(model, examples, diagnostics)
    plain = [name for name, leaf in leaves.items() if not isinstance(leaf, DeferredOutput)]

    def serve(*tensors: tf.Tensor) -> list[tf.Tensor]:
        traced, deferred = _predicted(model, tensors, diagnostics)
        heads = [(decoding.logits, decoding.lengths) for decoding in deferred]
        # An output that is an input, or another output, would lose its name: make each a new one.
        return [tf.identity(traced[name]) for name in plain] + [t for head in heads for t in head]

    specs = [_spec(tensor, number) for number, tensor in enumerate(inputs)]
    function = tf.function(serve, input_signature=specs, jit_compile=False)
    shapes = dict(zip(plain, function.get_concrete_function().outputs, strict=False))
    outputs = tuple(_contracted(name, leaf, shapes.get(name)) for name, leaf in leaves.items())
    described = _decodings(decodings, leaves)
    head_names = [name for d in described for name in (d.logits, d.lengths)]
    return Trace(function, specs, plain + head_names, outputs, described)


def has_diagnostics(model: RasaModel) -> bool:
    """Return whether a model returns anything for diagnosis."""
    examples = [_example(tensor) for tensor in exported_inputs(model)]
    leaves, _ = _predicted(model, examples, diagnostics=True)
    return any(name.startswith(PREFIX) for name in leaves)


class ScoredTags(NamedTuple):
    """What a CRF decides by.

    Attributes:
        logits: float32 [batch, time, tags].
        lengths: whole numbers [batch].
        transitions: float32 [tags, tags].
    """

    logits: npt.NDArray[np.float32]
    lengths: npt.NDArray[np.integer[Any]]
    transitions: npt.NDArray[np.float32]


def scored_tags(model: RasaModel, tensors: Mapping[str, npt.NDArray[Any]]) -> dict[str, ScoredTags]:
    """Return what each output of tags is decided by, computed by TensorFlow.

    Tags that depend on those of another head are left out: their logits do not tell alone.

    Args:
        model: the trained model.
        tensors: the exported graph's inputs by name.
    """
    inputs = exported_inputs(model)
    leaves, _ = _predicted(model, [tf.constant(tensors[i.name]) for i in inputs])
    return {
        name: ScoredTags(
            leaf.decoding.logits.numpy(),
            leaf.decoding.lengths.numpy(),
            leaf.decoding.transitions.numpy(),
        )
        for name, leaf in leaves.items()
        if isinstance(leaf, DeferredOutput) and leaf.kind == "tags" and not leaf.decoding.parent
    }


def _spec(tensor: Tensor, number: int) -> tf.TensorSpec:
    shape = [dim if isinstance(dim, int) else None for dim in tensor.dims]
    return tf.TensorSpec(shape, tensor.dtype, f"input_{number}")


def _example(tensor: Tensor) -> tf.Tensor:
    """Return zeros for one text of one token."""
    return tf.zeros([1 if isinstance(dim, str) else dim for dim in tensor.dims], tensor.dtype)


def _predicted(
    model: RasaModel, tensors: Sequence[tf.Tensor], diagnostics: bool = False
) -> tuple[dict[str, Any], list[DeferredDecoding]]:
    """Return outputs by dotted name, and the decodings put off."""
    remaining = iter(tensors)
    batch: list[Any] = []
    for _, sub_key, _, feature in features_of(model.predict_data_signature):
        if feature.is_sparse:
            batch.append(PaddedBags(*islice(remaining, len(PaddedBags._fields))))
            continue
        tensor = next(remaining)
        # The graph takes one row of a sentence without the axis that the model's batches have.
        one_row = sub_key == "sentence" and feature.number_of_dimensions == 3
        batch.append(tf.expand_dims(tensor, 1) if one_row else tensor)
    with decodings_deferred() as deferred:
        outputs = model.predict_step(tuple(batch))
    return flattened(outputs, diagnostics=diagnostics), deferred


def _decodings(
    deferred: Sequence[DeferredDecoding], leaves: Mapping[str, Any]
) -> tuple[Decoding, ...]:
    outputs = {
        (id(leaf.decoding), leaf.kind): name
        for name, leaf in leaves.items()
        if isinstance(leaf, DeferredOutput)
    }
    described: dict[int, Decoding] = {}
    for number, decoding in enumerate(deferred):
        table = decoding.parent_table
        described[id(decoding)] = Decoding(
            logits=f"decoding.{number}.logits",
            lengths=f"decoding.{number}.lengths",
            transitions=np.asarray(decoding.transitions),
            tags=outputs.get((id(decoding), "tags"), f"decoding.{number}.tags"),
            scores=outputs.get((id(decoding), "scores"), f"decoding.{number}.scores"),
            parent=described[id(decoding.parent)] if decoding.parent else None,
            parent_table=None if table is None else np.asarray(table),
            rasa_compat=decoding.rasa_compat,
        )
    return tuple(described.values())


def _contracted(name: str, leaf: Any, traced: Any) -> Tensor:
    if isinstance(leaf, DeferredOutput):
        return Tensor(name, "int32" if leaf.kind == "tags" else "float32", ("batch", "time"))
    dims: list[str | int] = []
    # Diagnostics have a slot for the sentence, behind those of the tokens.
    along = "slots" if name.startswith(PREFIX) else "time"
    for size in traced.shape:
        unknown = "batch" if not dims else along
        dims.append(unknown if size is None else int(size))
    return Tensor(name, traced.dtype.name, tuple(dims))
