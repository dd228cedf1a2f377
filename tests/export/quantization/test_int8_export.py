"""An exported model in int8: what it is, what it decides, and when it is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper
from safetensors.numpy import load_file, save_file

import onnlu
from onnlu.components.onnx_component import DIAGNOSTICS_FILE
from onnlu.errors import VerificationException
from onnlu.golden import CASES_FILE, verify_golden
from onnlu.session import MODEL_FILE
from onnlu_export.errors import ConversionException, ParityException
from onnlu_export.exporting import to_onnx
from onnlu_export.inspection import inspect_export
from onnlu_export.quantization.accuracy import accuracy
from onnlu_export.quantization.agreement import agreement
from onnlu_export.quantization.gate import check_accuracy
from onnlu_export.quantization.settings import Int8
from onnlu_export.samples import sample_texts
from onnlu_export.verifying import verify_quantized
from onnlu_train.data import read_training_data
from onnlu_train.loading import load as load_trained

from ..rewriting import changed_file, rewritten

TEXTS = ["fly from paris to rome", "hello", "a large tea, a small one", "", "zzz", "go " * 40]
GRAPH = f"components/*/{MODEL_FILE}"


def decided(result: Any) -> tuple[Any, ...]:
    keys = ("start", "end", "entity", "role", "group")
    document = result.to_dict()
    entities = [[entity.get(key) for key in keys] for entity in document["entities"]]
    return document["intent"]["name"], entities


def destroy_scale(path: Path) -> None:
    """Make the scales of the largest int8 matrix a thousand times too large."""
    graph = onnx.load(path)
    by_name = {tensor.name: tensor for tensor in graph.graph.initializer}
    matrices = [t for t in graph.graph.initializer if t.data_type == TensorProto.INT8]
    rows = max(matrices, key=lambda tensor: np.prod(tensor.dims)).dims[0]
    for tensor in by_name.values():
        if tensor.data_type == TensorProto.FLOAT and list(tensor.dims) == [rows]:
            scales = numpy_helper.to_array(tensor) * np.float32(1000)
            tensor.CopyFrom(numpy_helper.from_array(scales, tensor.name))
    onnx.save(graph, path)


def test_it_is_smaller_and_says_that_it_is_int8(int8_model: Path, float_model: Path):
    sizes = [next(m.glob(GRAPH)).stat().st_size for m in (int8_model, float_model)]
    assert sizes[0] < sizes[1] / 2.5
    info = onnlu.load(int8_model, device="cpu").info()
    assert info["quantization"]["type"] == "int8"
    # Names of nodes are numbered through a process, and are bytes too.
    said = info["quantization"]["size"]
    assert [said["int8"], said["float32"]] == pytest.approx(sizes, rel=1e-3)
    inspected = inspect_export(int8_model)
    (graph,) = inspected["graphs"].values()
    assert graph["types"]["int8"] > 0.8 * graph["parameters"]
    assert inspected["quantization"] == info["quantization"]
    assert "quantization" not in inspect_export(float_model)


def test_the_manifest_says_what_was_measured(int8_model: Path, wide_model: Path):
    manifest = json.loads((int8_model / "manifest.json").read_text(encoding="utf-8"))
    texts = json.loads((wide_model / "samples/texts.json").read_text(encoding="utf-8"))
    report = manifest["quantization"]
    assert report["calibration_texts"] == len(texts)
    assert report["agreement"]["texts"] > len(texts)
    for name in ("intents", "tags", "entities"):
        assert report["min_agreement"] <= report["agreement"][name] <= 1
    assert report["accuracy"]["messages"] == len(texts)
    for figures in (report["accuracy"]["float32"], report["accuracy"]["int8"]):
        assert figures.keys() == {"intent_accuracy", "entity_f1"}
        assert min(figures.values()) > 0.5
    assert manifest["parity"]["tolerance"] == {"atol": 1e-5, "rtol": 1e-4}


def test_it_decides_as_tensorflow_does(int8_model: Path, wide_model: Path):
    trained = load_trained(wide_model)
    found = verify_quantized(onnlu.load(int8_model, device="cpu"), trained, sample_texts(trained))
    assert min(found.shares.values()) >= 0.98
    assert 0 < found.worst_confidence < 0.1


def test_a_batch_gives_the_decisions_of_single_texts(int8_model: Path):
    nlu = onnlu.load(int8_model, device="cpu")
    texts = [*TEXTS, *(f"fly from oslo to {'paris ' * n}" for n in range(20))]
    together, alone = nlu.parse_batch(texts), [nlu.parse(text) for text in texts]
    assert list(map(decided, together)) == list(map(decided, alone))
    confidences = [[r.intent.confidence for r in results] for results in (together, alone)]
    np.testing.assert_allclose(*confidences, atol=1e-3)


def test_only_products_and_tables_are_quantised(int8_model: Path, float_model: Path):
    def scans(model: Path) -> list[bytes]:
        graph = onnx.load(next(model.glob(GRAPH))).graph
        return [n.SerializeToString() for n in graph.node if n.op_type == "Scan"]

    assert len(scans(int8_model)) > 0
    assert scans(int8_model) == scans(float_model)


def test_its_golden_vectors_are_its_own(int8_model: Path, float_model: Path, tmp_path: Path):
    assert verify_golden(onnlu.load(int8_model, device="cpu")).cases > 0
    cases = json.loads((int8_model / "golden" / CASES_FILE).read_text(encoding="utf-8"))
    assert 1e-5 <= cases["tolerance"]["atol"] <= 0.05

    def in_float32(path: Path) -> None:
        shutil.copy(next(float_model.glob(GRAPH)), path)

    swapped = changed_file(int8_model, tmp_path, GRAPH, in_float32)
    with pytest.raises(VerificationException):
        verify_golden(onnlu.load(swapped, device="cpu"))


def test_a_destroyed_scale_is_found_by_verification_and_gate(
    int8_model: Path, float_model: Path, wide_model: Path, tmp_path: Path
):
    tampered = onnlu.load(changed_file(int8_model, tmp_path, GRAPH, destroy_scale), device="cpu")
    with pytest.raises(VerificationException):
        verify_golden(tampered)
    trained = load_trained(wide_model)
    with pytest.raises(ParityException, match=r"decides on .* texts as TensorFlow does for"):
        verify_quantized(tampered, trained, sample_texts(trained))
    labelled = read_training_data((wide_model.with_name("nlu.yml"),)).training_data.examples
    float32 = accuracy(onnlu.load(float_model, device="cpu"), labelled)
    with pytest.raises(ParityException, match="does worse on the labelled data"):
        check_accuracy(accuracy(tampered, labelled), float32, 0.01)


def with_an_outlier(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Scale one number between two layers up, and what reads it down: nothing else changes."""
    (gamma,) = (n for n in weights if n.endswith("encoder.0.feed_forward_norm/gamma"))
    (kernel,) = (n for n in weights if n.endswith("encoder.0.expand/kernel"))
    changed = {name: weight.copy() for name, weight in weights.items()}
    changed[gamma][:4] *= 4096
    changed[gamma.replace("gamma", "beta")][:4] *= 4096
    changed[kernel][:4] /= 4096
    return changed


def changed_weights(
    model: Path, folder: Path, change: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]
) -> Path:
    copy = shutil.copytree(model, folder / "copy")
    (path,) = copy.glob("components/*/weights.safetensors")
    save_file(change(load_file(path)), path)
    return rewritten(copy, folder / "changed")


def test_a_model_that_int8_cannot_hold_leaves_nothing_on_disk(wide_model: Path, tmp_path: Path):
    model = changed_weights(wide_model, tmp_path, with_an_outlier)
    with pytest.raises(ParityException, match="In int8 the model decides on") as caught:
        to_onnx(model, tmp_path / "onnx", int8=Int8(min_agreement=1.0))
    assert caught.value.exit_code == 4
    assert not (tmp_path / "onnx").exists()


def test_a_model_of_small_matrices_is_not_quantised(trained_model: Path, tmp_path: Path):
    with pytest.raises(ConversionException, match="no matrix that is large enough"):
        to_onnx(trained_model, tmp_path / "onnx", int8=Int8())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_graph_with_diagnostics_decides_as_the_one_for_serving(wide_model: Path, tmp_path: Path):
    to_onnx(wide_model, tmp_path / "onnx", int8=Int8(), diagnostics=True)
    nlu = onnlu.load(tmp_path / "onnx", device="cpu")
    for text in TEXTS:
        assert decided(nlu.parse(text, diagnostics=True)) == decided(nlu.parse(text))
    (graph,) = (tmp_path / "onnx").glob(f"components/*/{DIAGNOSTICS_FILE}")
    assert graph.stat().st_size < 1.2 * next((tmp_path / "onnx").glob(GRAPH)).stat().st_size


def test_agreement_is_the_share_of_equal_decisions(
    wide_model: Path, float_model: Path, tmp_path: Path
):
    """Held to a count by hand, on a model with the weights of its tags negated."""

    def negated(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {n: -w if n.startswith("entity.") else w for n, w in weights.items()}

    exported = onnlu.load(float_model, device="cpu")
    other = load_trained(changed_weights(wide_model, tmp_path, negated))
    nodes = exported.model.manifest["exported_nodes"]
    found = agreement(exported, other, nodes, TEXTS)
    pairs = [(decided(exported.parse(t)), decided(other.parse(t))) for t in TEXTS]
    assert found.texts == len(TEXTS)
    assert found.intents == sum(a[0] == b[0] for a, b in pairs) / len(TEXTS) == 1
    shared = sum(entity in b[1] for a, b in pairs for entity in a[1])
    both = sum(len(a[1]) + len(b[1]) for a, b in pairs)
    assert found.entities == pytest.approx(2 * shared / both)
    assert found.tags < 1
    same = agreement(exported, exported, nodes, TEXTS)
    assert set(same.shares.values()) == {1.0}
    assert same.worst_confidence < 1e-5
