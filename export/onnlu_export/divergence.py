"""Where an exported graph leaves its reference: the first tensor that diverges, and its node."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from onnlu.session import Tensors
from onnlu.tolerance import Tolerance
from onnlu_export.errors import ParityException
from onnlu_export.reference_tensors import ReferenceTensors, all_tensors
from onnlu_train.models.rasa_model import RasaModel

SHOWN = 3
"""Nodes that a message names."""


@dataclass(frozen=True)
class Divergence:
    """The first tensor of a graph that diverges.

    Attributes:
        tensor: its name.
        node: name of the node that makes it.
        operation: of the node, such as "MatMul".
        unknown: nodes between it and tensors that agree, made by passes: the reference has no
            counterpart of theirs, so it may be one of them.
        shape: its shape.
        reference_shape: the reference's; where it is another, the rest is empty.
        index: where its worst number stands.
        ours: its worst number.
        reference: what this is in the reference.
        allowed: by how much it may differ.
    """

    tensor: str
    node: str
    operation: str
    unknown: tuple[str, ...]
    shape: tuple[int, ...]
    reference_shape: tuple[int, ...]
    index: tuple[int, ...] = ()
    ours: float = 0.0
    reference: float = 0.0
    allowed: float = 0.0

    def __str__(self) -> str:
        """Return it as a sentence."""
        if self.shape != self.reference_shape:
            found = f"has shape {self.shape}, not {self.reference_shape}"
        else:
            found = (
                f"shape {self.shape}, is {self.ours:.9g} at {list(self.index)} instead of "
                f"{self.reference:.9g}: off by {abs(self.ours - self.reference):.2g}, allowed "
                f"{self.allowed:.2g}"
            )
        sentence = (
            f"The first tensor that diverges is '{self.tensor}' of node '{self.node}' "
            f"({self.operation}): {found}."
        )
        if self.unknown:
            shown = [repr(name) for name in self.unknown[:SHOWN]]
            more = len(self.unknown) - len(shown)
            shown += [f"{more} more"] if more else []
            sentence += f" Nodes before it that cannot be compared: {', '.join(shown)}."
        return sentence

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)


@contextmanager
def divergence_named(
    model: RasaModel, graph: Path, tolerance: Tolerance, *, diagnostics: bool = False
) -> Iterator[None]:
    """Within this block, an output that diverges is traced to the tensor where this begins.

    Args:
        model: the trained model.
        graph: the .onnx file that was made of it.
        tolerance: see `first_divergence`.
        diagnostics: the graph returns what is there for diagnosis as well.

    Raises:
        ParityException: the one that was raised, with the tensor.
    """
    try:
        yield
    except ParityException as error:
        if not error.batches:
            raise
        divergence = None
        try:
            reference = ReferenceTensors(model, tolerance, diagnostics=diagnostics)
            exported = onnx.load(graph, load_external_data=False)
            for inputs in error.batches:
                divergence = divergence or first_divergence(exported, reference, inputs, tolerance)
            # With all tensors returned there is little that ONNX Runtime can fuse.
            within: object = divergence or (
                "No tensor diverges where all of the graph are returned: what ONNX Runtime makes "
                "of the graph, or the decoding of tags, differs."
            )
        except Exception as failure:  # of TensorFlow, ONNX or ONNX Runtime, on such a graph
            cause = str(failure).partition("\n")[0]
            within = f"Where this begins cannot be found, as the reference fails too: {cause}"
        raise ParityException(
            f"{error} {within}", row=error.row, batches=error.batches, divergence=divergence
        ) from error


def first_divergence(
    graph: onnx.ModelProto, reference: ReferenceTensors, inputs: Tensors, tolerance: Tolerance
) -> Divergence | None:
    """Find the first tensor of a graph that diverges, in the order of its nodes.

    Args:
        graph: the exported graph.
        reference: what its tensors have to be.
        inputs: of the graph.
        tolerance: relative to the largest number of a tensor: within the graph, a small number may
            be the difference of large ones.

    Returns:
        None if all agree that have a counterpart.
    """
    ours = all_tensors(graph, inputs)
    theirs = reference.of(inputs, ours)
    for node in graph.graph.node:
        for name in node.output:
            if name in ours and name in theirs:
                differs = _difference(ours[name], theirs[name], tolerance)
                if differs is not None:
                    unknown = tuple(_unknown_before(graph.graph, node, theirs))
                    return Divergence(name, node.name, node.op_type, unknown, *differs)
    return None


def _difference(
    ours: npt.NDArray[Any], reference: npt.NDArray[Any], tolerance: Tolerance
) -> tuple[Any, ...] | None:
    """Return what `Divergence` says of two tensors that differ, None if they agree."""
    if ours.shape != reference.shape:
        return ours.shape, reference.shape
    if ours.size == 0:
        return None
    mine, theirs = ours.astype(np.float64), reference.astype(np.float64)
    allowed = 0.0
    if reference.dtype.kind == "f":
        allowed = tolerance.of_largest(theirs).atol
    with np.errstate(invalid="ignore"):  # inf - inf: equal all the same
        error = np.where(mine == theirs, 0.0, np.abs(mine - theirs))
    # A number that is none is the largest to argmax, and within no tolerance.
    place = np.unravel_index(np.argmax(error), error.shape)
    if error[place] <= allowed:
        return None
    index = tuple(int(i) for i in place)
    return ours.shape, reference.shape, index, float(mine[place]), float(theirs[place]), allowed


def _unknown_before(
    graph: onnx.GraphProto, node: onnx.NodeProto, known: Collection[str]
) -> Iterator[str]:
    """Yield nodes that a node reads from, through tensors alone that are not known."""
    producers = {name: producer for producer in graph.node for name in producer.output if name}
    remaining, seen = list(node.input), set()
    while remaining:
        name = remaining.pop()
        producer = producers.get(name)
        if producer is None or name in known or producer.name in seen:
            continue
        seen.add(producer.name)
        yield producer.name
        remaining += producer.input
