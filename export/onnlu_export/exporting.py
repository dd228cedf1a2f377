"""From a trained model to an exported one, or to nothing at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import onnx

from onnlu.components.onnx_component import DIAGNOSTICS_FILE, FACTS_FILE
from onnlu.devices.wheels import installed_wheels
from onnlu.golden import GOLDEN, write_golden
from onnlu.loading import load as load_exported
from onnlu.machine.cpu import cpu
from onnlu.nlu import NLU
from onnlu.session import MODEL_FILE, OnnxSession
from onnlu.tolerance import Tolerance
from onnlu_engine import GraphComponent
from onnlu_engine.errors import (
    CorruptModelException,
    ModelWriteException,
)
from onnlu_engine.model_directory import check_target, write_model
from onnlu_engine.registry import ComponentRegistry
from onnlu_engine.schema import GraphSchema
from onnlu_export.conversion import convert
from onnlu_export.divergence import divergence_named
from onnlu_export.errors import ConversionException
from onnlu_export.gate import check_graph
from onnlu_export.near_ties import NearTies
from onnlu_export.parity import check_grid
from onnlu_export.parity_report import ParityReport
from onnlu_export.passes import DEFAULT_PASSES, GraphPass
from onnlu_export.quantization.exporting import quantize_export
from onnlu_export.quantization.settings import Int8
from onnlu_export.samples import ODD_TEXTS, golden_sample, sample_texts
from onnlu_export.specs import export_specs
from onnlu_export.text_parity import check_texts
from onnlu_export.trace import has_diagnostics
from onnlu_train.export_spec import ExportSpec
from onnlu_train.loading import load as load_trained
from onnlu_train.models.rasa_model import RasaModel
from onnlu_train.trained_model import versions

DEFAULT_TOLERANCE = Tolerance()

_MADE_BY = ("onnlu", "numpy", "tensorflow", "keras", "tf2onnx", "onnx")

Say = Callable[[str], None]


@dataclass(frozen=True)
class ExportResult:
    """What came of an export.

    Attributes:
        model_id: the exported model's digest.
        parity: what was compared, and how far apart it was.
        quantization: what an export to int8 was held to; None for one in float32.
    """

    model_id: str
    parity: dict[str, Any]
    quantization: dict[str, Any] | None = None


def export_model(
    model: RasaModel,
    path: Path,
    *,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    passes: Sequence[GraphPass] = DEFAULT_PASSES,
    diagnostics: bool = False,
) -> ParityReport:
    """Export `predict_step` of any RasaModel, and hold it to the model on random features.

    Args:
        model: a trained model.
        path: the .onnx file to write; after an error, what was there before is there still.
        tolerance: for floats.
        passes: what is done to the converted graph.
        diagnostics: it returns what is there for diagnosis as well.

    Raises:
        ConversionException: the graph cannot be converted, or not as contracted.
        ParityException: it gives other numbers.
    """
    conversion = convert(model, diagnostics=diagnostics)
    for graph_pass in passes:
        graph_pass(conversion)
    check_graph(conversion)
    report = ParityReport()
    unproven = path.with_name(f".{path.name}.unproven")
    try:
        onnx.save(conversion.graph, unproven)
        session, near_ties = _session(unproven), NearTies(model, tolerance)
        with divergence_named(model, unproven, tolerance, diagnostics=diagnostics):
            check_grid(model, session, report, tolerance, near_ties, diagnostics=diagnostics)
        unproven.replace(path)
    finally:
        unproven.unlink(missing_ok=True)
    return report


def _session(path: Path) -> OnnxSession:
    try:
        return OnnxSession(path)
    except CorruptModelException as error:
        # It is the conversion that is wrong, and not a model that somebody damaged.
        raise ConversionException(f"The converted graph cannot be loaded: {error}") from error


def to_onnx(
    source: Path,
    out: Path,
    *,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    int8: Int8 | None = None,
    overwrite: bool = False,
    diagnostics: bool = False,
    passes: Sequence[GraphPass] = DEFAULT_PASSES,
    components: Iterable[type[GraphComponent]] = (),
    say: Say = lambda line: None,
) -> ExportResult:
    """Export a trained model; the new one is written when it has passed the whole gate.

    Args:
        source: the trained model.
        out: the directory of the exported one.
        tolerance: for floats.
        int8: quantise the model when it has passed the gate in float32, and demand this of it.
        overwrite: replace a model that is there.
        diagnostics: write a second graph of each component that has something for diagnosis, such
            as attention weights; those for serving are the same with and without it.
        passes: what is done to each converted graph.
        components: component classes besides those that installed packages register.
        say: is told what is being done.

    Raises:
        ExportException: a step of the gate failed; nothing was written.
        ModelException: the trained model cannot be used.
        ModelWriteException: the target is taken, or is the trained model.
    """
    if out.resolve() == source.resolve():
        raise ModelWriteException(
            f"{out} is the trained model itself, and would be lost. Name another directory."
        )
    check_target(out, overwrite)
    components = tuple(components)
    trained = load_trained(source, components=components)
    specs = export_specs(trained)
    with tempfile.TemporaryDirectory(prefix="onnlu-export-") as work:
        folders = {name: Path(work) / name for name in ("components", GOLDEN)}
        shutil.copytree(trained.model.components, folders["components"])
        folders[GOLDEN].mkdir()
        report = _write_counterparts(
            trained, specs, folders["components"], tolerance, passes, diagnostics, say
        )
        manifest = _manifest(trained, specs, components)
        if diagnostics:
            manifest["diagnostics"] = [
                node
                for node in specs
                if (folders["components"] / trained.resource(node).name / DIAGNOSTICS_FILE).exists()
            ]
        staged = Path(work) / "staged"
        write_model(staged, manifest, {"components": folders["components"]})
        exported = load_exported(staged, device="cpu", components=components)
        texts = sample_texts(trained)
        say(f"comparing with TensorFlow on {len(texts)} texts")
        check_texts(trained, exported, list(specs), texts, tolerance, report)
        manifest["parity"] = stated(report, tolerance)
        undecided: frozenset[str] = frozenset()
        ordinary = [text for text in texts if text not in ODD_TEXTS]
        if int8 is not None:
            say(f"quantising to int8, calibrated on {len(ordinary)} texts")
            quantized = quantize_export(
                exported,
                trained,
                int8,
                tolerance,
                Path(work),
                nodes=list(specs),
                training_texts=ordinary,
                texts=texts,
                components=components,
            )
            exported, tolerance = quantized.nlu, quantized.tolerance
            undecided = quantized.undecided
            folders["components"] = exported.model.components
            manifest["quantization"] = quantized.report
        chosen = golden_sample(ordinary, undecided)
        write_golden(exported, list(specs), chosen, folders[GOLDEN], tolerance)
        model_id = write_model(out, manifest, folders, overwrite=overwrite)
    return ExportResult(model_id, manifest["parity"], manifest.get("quantization"))


def stated(report: ParityReport, tolerance: Tolerance) -> dict[str, Any]:
    """Return a report with what it holds for: the tolerance, the versions and the CPU."""
    return {
        **report.as_dict(),
        "tolerance": asdict(tolerance),
        "versions": versions(*_MADE_BY) | installed_wheels(),
        "cpu": cpu().name,
    }


def _write_counterparts(
    trained: NLU,
    specs: Mapping[str, ExportSpec],
    components: Path,
    tolerance: Tolerance,
    passes: Sequence[GraphPass],
    diagnostics: bool,
    say: Say,
) -> ParityReport:
    """Write what is exported in place of what was trained, and return what was compared."""
    report = ParityReport()
    for node, spec in specs.items():
        say(f"converting {node}")
        folder = components / trained.resource(node).name
        shutil.rmtree(folder)
        folder.mkdir()
        report.include(
            _write_counterpart(
                spec, folder, tolerance=tolerance, passes=passes, diagnostics=diagnostics
            )
        )
    return report


def _write_counterpart(
    spec: ExportSpec,
    folder: Path,
    *,
    tolerance: Tolerance,
    passes: Sequence[GraphPass],
    diagnostics: bool,
) -> ParityReport:
    """Write the graphs and facts of one component to its folder, and return what was compared."""
    report, model = ParityReport(), spec.model
    if model is not None:
        path = folder / MODEL_FILE
        report.include(export_model(model, path, tolerance=tolerance, passes=passes))
        if diagnostics and has_diagnostics(model):
            path = folder / DIAGNOSTICS_FILE
            report.include(
                export_model(model, path, tolerance=tolerance, passes=passes, diagnostics=True)
            )
    facts = json.dumps(spec.facts, ensure_ascii=False, sort_keys=True)
    (folder / FACTS_FILE).write_text(facts, encoding="utf-8")
    return report


def _manifest(
    trained: NLU, specs: Mapping[str, ExportSpec], components: Iterable[type[GraphComponent]]
) -> dict[str, Any]:
    registry = ComponentRegistry(components)
    nodes = dict(trained.schema.nodes)
    for name, spec in specs.items():
        # The counterpart has no options: what it needs of them stands in its facts.
        nodes[name] = replace(nodes[name], uses=registry.resolve(spec.counterpart), config={})
    kept = ("language", "assistant_id", "config", "nlu_target", "labels", "sparse_feature_sizes")
    source = trained.model.manifest
    return {
        **{key: source[key] for key in kept if key in source},
        "kind": "onnx",
        "versions": versions(*_MADE_BY),
        "exported_from": trained.model.model_id,
        "exported_nodes": list(specs),
        "predict_schema": GraphSchema(nodes).as_dict(registry),
    }
