"""From an exported model in float32 to one in int8, or to nothing at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import onnx

from onnlu.components.onnx_component import DIAGNOSTICS_FILE
from onnlu.loading import load as load_exported
from onnlu.nlu import NLU
from onnlu.session import MODEL_FILE, Tensors
from onnlu.tolerance import Tolerance
from onnlu_engine import GraphComponent
from onnlu_engine.model_directory import write_model
from onnlu_export.conversion import Conversion
from onnlu_export.errors import ConversionException
from onnlu_export.gate import check_graph
from onnlu_export.graph import described
from onnlu_export.quantization.accuracy import accuracy
from onnlu_export.quantization.agreement import agreement
from onnlu_export.quantization.gate import check_accuracy, check_agreement
from onnlu_export.quantization.graph import is_quantized, quantized_graph
from onnlu_export.quantization.settings import Int8
from onnlu_export.quantization.stability import stability

_GRAPHS = (MODEL_FILE, DIAGNOSTICS_FILE)


@dataclass(frozen=True)
class QuantizedExport:
    """A model in int8 that has passed its gate.

    Attributes:
        nlu: the model, loaded.
        tolerance: what a verification on another machine is to allow.
        undecided: texts that another machine may decide otherwise.
        report: what the manifest says of it, plain JSON.
    """

    nlu: NLU
    tolerance: Tolerance
    undecided: frozenset[str]
    report: dict[str, Any]


def quantize_export(
    exported: NLU,
    trained: NLU,
    settings: Int8,
    tolerance: Tolerance,
    folder: Path,
    *,
    nodes: Sequence[str],
    training_texts: Sequence[str],
    texts: Sequence[str],
    components: Iterable[type[GraphComponent]] = (),
) -> QuantizedExport:
    """Quantise an exported model, and hold it to the trained one.

    Args:
        exported: the model in float32, proven.
        trained: what it was exported from.
        settings: what is demanded.
        tolerance: of the model in float32.
        folder: where to write, an existing directory.
        nodes: names of the nodes that run an ONNX model.
        training_texts: what to calibrate on.
        texts: what to compare decisions on.
        components: component classes besides the registered ones.

    Raises:
        ConversionException: no matrix is large enough to be worth it.
        ParityException: decisions agree too seldom, or the accuracy is worse.
    """
    staged = shutil.copytree(exported.model.components, folder / "int8-components")
    _quantize_graphs(exported, staged, nodes, training_texts, folder)
    write_model(folder / "int8", exported.model.manifest, {"components": staged})
    nlu = load_exported(folder / "int8", device="cpu", components=components)
    report = {
        "type": "int8",
        "calibration_texts": len(training_texts),
        "size": {"float32": _size(exported), "int8": _size(nlu)},
        **_judged(nlu, exported, trained, settings, nodes, texts),
    }
    undecided: frozenset[str] = frozenset()
    for resource, inputs in _inputs(nlu, nodes, texts):
        found = stability(nlu.model.components / resource / MODEL_FILE, inputs, tolerance)
        tolerance, undecided = found.tolerance, undecided | found.undecided
    return QuantizedExport(nlu, tolerance, undecided, report)


def _quantize_graphs(
    exported: NLU, components: Path, nodes: Sequence[str], texts: Sequence[str], folder: Path
) -> None:
    found = False
    for resource, by_text in _inputs(exported, nodes, texts):
        batches = list(by_text.values())
        # A graph with diagnostics, where there is one, decides as the one for serving.
        for path in filter(Path.exists, map((components / resource).joinpath, _GRAPHS)):
            graph = onnx.load(path, load_external_data=False)
            quantized = quantized_graph(graph, batches, folder)
            inputs, outputs = map(described, graph.graph.input), map(described, graph.graph.output)
            check_graph(Conversion(quantized, tuple(inputs), tuple(outputs), decodings=()))
            onnx.save(quantized, path)
            found |= is_quantized(quantized)
    if not found:
        raise ConversionException(
            "The model has no matrix that is large enough for int8 to be worth it. Export without "
            "--quantize."
        )


def _judged(
    nlu: NLU,
    exported: NLU,
    trained: NLU,
    settings: Int8,
    nodes: Sequence[str],
    texts: Sequence[str],
) -> dict[str, Any]:
    """Return agreement and accuracy, if they are what is demanded."""
    found = agreement(nlu, trained, nodes, texts)
    check_agreement(found, settings.min_agreement)
    judged = {"agreement": asdict(found), "min_agreement": settings.min_agreement}
    if not settings.labelled:
        return judged
    int8, float32 = (accuracy(model, settings.labelled) for model in (nlu, exported))
    check_accuracy(int8, float32, settings.max_accuracy_loss)
    measured = {"messages": len(settings.labelled), "float32": float32, "int8": int8}
    return {**judged, "accuracy": measured, "max_accuracy_loss": settings.max_accuracy_loss}


def _inputs(
    nlu: NLU, nodes: Sequence[str], texts: Sequence[str]
) -> Iterator[tuple[str, dict[str, Tensors]]]:
    """Yield each resource with a graph, and by text what its graph reads of it alone.

    The features are made by the runtime's own featurizers.
    """
    within = nlu.within_limits(texts)
    for node in nodes:
        component = nlu.component(node)
        inputs = {
            text: component.inputs([message])
            for text, message in zip(texts, nlu.features(within, node), strict=True)
            if component.can_infer(message)
        }
        if inputs:
            yield nlu.resource(node).name, inputs


def _size(nlu: NLU) -> int:
    """Return the bytes of the graphs for serving."""
    return sum(path.stat().st_size for path in nlu.model.components.glob(f"*/{MODEL_FILE}"))
