"""A graph that diverges is told by the first tensor that does, and by its node (design.md 4)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

import onnlu
from onnlu.tolerance import Tolerance
from onnlu_export.conversion import Conversion
from onnlu_export.divergence import Divergence, first_divergence
from onnlu_export.errors import ParityException
from onnlu_export.exporting import export_model, to_onnx
from onnlu_export.parity import exported_batch, random_data
from onnlu_export.passes import DEFAULT_PASSES
from onnlu_export.reference_tensors import ReferenceTensors, all_tensors
from onnlu_export.verifying import verify_export
from onnlu_train.loading import load as load_trained

from .conftest import CHARACTERS, WORDS, fit
from .rewriting import changed_file
from .toy_models import Linear, ScatteredSum
from .weights_in_graphs import constant, weight

TEXTS = ["fly from paris to rome", "hello", "a large tea, a small one"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model of two transformer layers, with roles and groups."""
    return fit(tmp_path_factory.mktemp("deep"), featurizers=f"{WORDS}\n{CHARACTERS}", layers=2)


@pytest.fixture(scope="module")
def exported(trained: Path) -> Path:
    out = trained.with_name("exported")
    to_onnx(trained, out)
    return out


@pytest.fixture(scope="module")
def deep_diet(trained: Path) -> Any:
    nlu = load_trained(trained)
    node = next(name for name in nlu.schema.nodes if "DIETClassifier" in name)
    return nlu.component(node).export_spec().model


@pytest.fixture(scope="module")
def reference(deep_diet: Any) -> ReferenceTensors:
    return ReferenceTensors(deep_diet, Tolerance())


@pytest.fixture
def graph(exported: Path) -> onnx.ModelProto:
    (path,) = exported.glob("components/*/model.onnx")
    return onnx.load(path)


@pytest.fixture(scope="module")
def inputs(deep_diet: Any) -> Any:
    return exported_batch(random_data(deep_diet, 5, 5, np.random.default_rng(1)))


def readers(graph: onnx.GraphProto, tensor: str) -> list[str]:
    """Return the nodes that read a tensor, those with a loop that does included."""
    return [
        node.name
        for node in graph.node
        if tensor in node.input
        or any(tensor in inner.input for a in node.attribute for inner in a.g.node)
    ]


def scaled(tensor: onnx.TensorProto, factor: float) -> None:
    value = numpy_helper.to_array(tensor) * np.float32(factor)
    tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))


WEIGHTS = [
    "text.features.sequence.sparse_to_dense/kernel",
    "text.encoder.embedding/kernel",
    "text.encoder.1.attention.output/kernel",
    "labels",
    "entity.crf/transitions",
    "role.crf/transitions",
]


def test_tensors_of_a_sound_graph_agree(
    graph: onnx.ModelProto, reference: ReferenceTensors, inputs: Any
):
    assert first_divergence(graph, reference, inputs, Tolerance()) is None


@pytest.mark.parametrize("name", WEIGHTS)
def test_the_node_that_reads_a_changed_weight_is_named(
    deep_diet: Any, graph: onnx.ModelProto, reference: ReferenceTensors, inputs: Any, name: str
):
    changed = constant(graph.graph, weight(deep_diet, name))
    scaled(changed, 1.01)
    divergence = first_divergence(graph, reference, inputs, Tolerance())
    assert divergence is not None
    assert divergence.node in readers(graph.graph, changed.name)
    assert divergence.unknown == ()
    error = abs(divergence.ours - divergence.reference)
    assert error > divergence.allowed > 0
    assert len(divergence.index) == len(divergence.shape)


def change_operation(old: str, new: str) -> Callable[[onnx.NodeProto], bool]:
    def change(node: onnx.NodeProto) -> bool:
        if node.op_type != old:
            return False
        node.op_type = new
        return True

    return change


def widen_epsilon(node: onnx.NodeProto) -> bool:
    if node.op_type != "LayerNormalization":
        return False
    next(a for a in node.attribute if a.name == "epsilon").f = 0.5
    return True


@pytest.mark.parametrize(
    "change",
    [
        change_operation("Softmax", "LogSoftmax"),
        change_operation("Gelu", "Relu"),
        change_operation("Less", "LessOrEqual"),
        widen_epsilon,
    ],
    ids=["attention", "feed forward", "mask of decoding", "layer norm"],
)
@pytest.mark.parametrize("last", [False, True], ids=["first", "last"])
def test_a_changed_node_is_named(
    graph: onnx.ModelProto,
    reference: ReferenceTensors,
    inputs: Any,
    change: Callable[[onnx.NodeProto], bool],
    last: bool,
):
    nodes = reversed(graph.graph.node) if last else graph.graph.node
    changed = next(node for node in nodes if change(node))
    divergence = first_divergence(graph, reference, inputs, Tolerance())
    assert divergence is not None
    assert (divergence.node, divergence.operation) == (changed.name, changed.op_type)
    assert divergence.tensor == changed.output[0]


def test_a_tensor_of_another_shape_is_named(
    graph: onnx.ModelProto, reference: ReferenceTensors, inputs: Any
):
    sure = next(node for node in graph.graph.node if node.op_type == "ReduceMax" and node.attribute)
    next(a for a in sure.attribute if a.name == "keepdims").i = 1
    divergence = first_divergence(graph, reference, inputs, Tolerance())
    assert divergence is not None
    assert (divergence.node, divergence.shape) == (sure.name, (5, 5, 1))
    assert divergence.reference_shape == (5, 5)
    assert "has shape (5, 5, 1), not (5, 5)." in str(divergence)


def test_nodes_that_the_reference_does_not_know_are_named_with_what_they_lead_to(
    graph: onnx.ModelProto, reference: ReferenceTensors, inputs: Any
):
    """As a pass does that makes tensors of its own."""
    kernel = next(n for n in graph.graph.node if n.op_type == "MatMul")
    renamed, kernel.output[0] = kernel.output[0], "new"
    half = numpy_helper.from_array(np.float32(0.5), "half")
    graph.graph.initializer.append(half)
    position = list(graph.graph.node).index(kernel) + 1
    graph.graph.node.insert(position, helper.make_node("Mul", ["new", "half"], [renamed], "halved"))
    divergence = first_divergence(graph, reference, inputs, Tolerance())
    assert divergence is not None
    assert (divergence.node, divergence.unknown) == ("halved", (kernel.name,))
    assert "of node 'halved' (Mul): shape" in str(divergence)
    assert f"cannot be compared: {kernel.name!r}." in str(divergence)


# A name that a pass keeps holds what it held: otherwise an innocent node would be named.
@pytest.mark.parametrize("seed", range(3))
def test_each_tensor_of_a_graph_is_what_the_conversion_calls_so(
    deep_diet: Any, graph: onnx.ModelProto, reference: ReferenceTensors, seed: int
):
    sizes = np.random.default_rng(seed)
    data = random_data(deep_diet, int(sizes.integers(1, 9)), int(sizes.integers(1, 30)), sizes)
    inputs = exported_batch(data)
    ours = all_tensors(graph, inputs)
    known = reference.of(inputs, ours).keys() & ours.keys()
    assert len(known) > len(ours) / 2  # tf2onnx chooses freely among names of equal tensors
    assert first_divergence(graph, reference, inputs, Tolerance()) is None


def test_a_wrong_conversion_is_held_to_the_tensors_of_tensorflow(tmp_path: Path):
    """tf2onnx makes of a sum over equal indices the last of them (findings.md 1.2)."""
    with pytest.raises(ParityException) as caught:
        export_model(ScatteredSum(), tmp_path / "m.onnx")
    divergence = caught.value.divergence
    assert divergence is not None
    assert divergence.operation == "ScatterND"
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_fails_names_the_node(tmp_path: Path):
    culprits: list[str] = []

    def off(conversion: Conversion) -> None:
        graph = conversion.graph.graph
        kernel = next(t for t in graph.initializer if list(t.dims) == [4, 2])
        scaled(kernel, 1.01)
        culprits.extend(readers(graph, kernel.name))

    with pytest.raises(ParityException, match="The first tensor that diverges") as caught:
        export_model(Linear(), tmp_path / "m.onnx", passes=[*DEFAULT_PASSES, off])
    assert isinstance(caught.value.divergence, Divergence)
    assert [caught.value.divergence.node] == culprits
    assert list(tmp_path.iterdir()) == []


def test_a_verification_that_fails_names_the_node(
    trained: Path, exported: Path, deep_diet: Any, tmp_path: Path
):
    def change(path: Path) -> None:
        graph = onnx.load(path)
        changed = constant(graph.graph, weight(deep_diet, "text.encoder.1.expand/kernel"))
        scaled(changed, 1.01)
        culprits.extend(readers(graph.graph, changed.name))
        onnx.save(graph, path)

    culprits: list[str] = []
    model = changed_file(exported, tmp_path, "components/*/model.onnx", change)
    with pytest.raises(ParityException) as caught:
        verify_export(onnlu.load(model, device="cpu"), load_trained(trained), TEXTS, Tolerance())
    assert caught.value.exit_code == 4
    divergence = caught.value.divergence
    assert divergence is not None
    assert [divergence.node] == culprits
    assert divergence.shape[0] == 1 or divergence.shape[0] <= 7  # one text's, not the batch's
    assert str(divergence) in str(caught.value)


def test_a_graph_that_fails_on_what_diverges_names_where_it_began(
    graph: onnx.ModelProto, reference: ReferenceTensors, inputs: Any
):
    """The end of a text, taken for the tag of an entity, is in no table of roles."""
    argmax = next(node for node in graph.graph.node if node.op_type == "ArgMax")
    argmax.op_type = "ArgMin"
    whole = {name for node in graph.graph.node for name in node.output}
    assert all_tensors(graph, inputs).keys() < whole
    divergence = first_divergence(graph, reference, inputs, Tolerance())
    assert divergence is not None
    assert divergence.node == argmax.name
