"""Any RasaModel is exported, or nothing is left on disk (design.md 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from onnlu.session import OnnxSession
from onnlu.sparse import SparseMatrix
from onnlu.tolerance import Tolerance
from onnlu_export.conversion import Conversion
from onnlu_export.errors import ConversionException, ParityException
from onnlu_export.exporting import export_model
from onnlu_export.parity import exported_batch, random_data
from onnlu_export.passes import DEFAULT_PASSES
from onnlu_train.components.diet_config import DEFAULTS
from onnlu_train.layers.multi_label_loss import MultiLabelDotProductLoss
from onnlu_train.model_data.feature_array import DenseArray, SparseArray
from onnlu_train.model_data.from_messages import identity_label_data
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.models.diet import DIET
from onnlu_train.models.outputs import flattened
from onnlu_train.models.rasa_model import RasaModel
from onnlu_train.training import TrainingOptions
from onnlu_train.training.loop import train_model

from .toy_models import Forgetful, Judge, Linear, RunsNot, SparseProduct, Vectors


def test_a_model_of_foreign_layers_is_exported(tmp_path: Path):
    model = Judge()
    report = export_model(model, tmp_path / "judge.onnx")
    assert set(report.worst) == {"choice.scores", "known.each"}
    assert report.near_ties == 0
    assert len(report.grid) == 21
    session = OnnxSession(tmp_path / "judge.onnx")
    data = random_data(model, 9, 6, np.random.default_rng(5))
    ours = session.run(exported_batch(data))
    reference = flattened(model.run_inference(data, 9))
    assert set(ours) == set(reference)
    for name, array in reference.items():
        assert ours[name].dtype == array.dtype
        np.testing.assert_allclose(ours[name], array, rtol=1e-4, atol=1e-5)
    assert len(set(ours["choice.id"].tolist())) > 1
    assert len(set(ours["known.busy"].tolist())) > 1


def test_a_text_without_tokens_has_inputs_of_one_step():
    data = random_data(Judge(), 5, 6, np.random.default_rng(5))
    inputs = exported_batch(data.take(np.array([4])))
    assert inputs["text.lengths"].tolist() == [0]
    assert inputs["text.rows.dense"].shape == (1, 1, 4)
    assert inputs["text.sequence.weights"].shape[1:3] == (1, 1)


class SeveralLabels(DIET):
    """DIET with the loss for inputs of several labels, which no component chooses."""

    @property
    def dot_product_loss_layer(self) -> type[MultiLabelDotProductLoss]:
        return MultiLabelDotProductLoss


# TransformerRasaModel "dot_product_loss_layer"
def test_a_model_with_the_multi_label_loss_is_trained_and_exported(tmp_path: Path):
    rows = [[[0], [1]], [[2], [3], [4]], [[1, 2]], [[4]]]
    data = RasaModelData("label", "ids")
    data.add_features("text", "lengths", [DenseArray(np.array([2, 3, 1, 1], np.int64))])
    sentences = [[sorted({column for row in text for column in row})] for text in rows]
    for kind, columns in (("sentence", sentences), ("sequence", rows)):
        matrices = [SparseMatrix.from_row_columns(text, 5) for text in columns]
        data.add_features("text", kind, [SparseArray.from_matrices(matrices)])
    labels = np.array([0, 1, 2, 1], np.int32)
    data.add_features("label", "ids", [DenseArray(labels)])
    config = {**DEFAULTS, "connection_density": 0.8, "drop_rate": 0.0, "random_seed": 1}
    model = SeveralLabels(config, data.signature(), identity_label_data(3), [])
    train_model(model, data, TrainingOptions(epochs=40, batch_size=2, learning_rate=0.01))

    report = export_model(model, tmp_path / "model.onnx")
    assert set(report.worst) == {"intent.confidences"}
    found = OnnxSession(tmp_path / "model.onnx").run(exported_batch(text_of(data)))
    assert found["intent.confidences"].argmax(axis=1).tolist() == labels.tolist()


def text_of(data: RasaModelData) -> RasaModelData:
    text = RasaModelData()
    for kind, features in data.data["text"].items():
        text.add_features("text", kind, features)
    return text


def test_inputs_and_outputs_are_named_and_typed_as_contracted(tmp_path: Path):
    export_model(Judge(), tmp_path / "judge.onnx")
    graph = onnx.load(tmp_path / "judge.onnx").graph

    def described(values: Any) -> list[tuple[str, int, list[Any]]]:
        return [
            (
                v.name,
                v.type.tensor_type.elem_type,
                [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim],
            )
            for v in values
        ]

    f32, i32, i64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT32, onnx.TensorProto.INT64
    bag, blocks, steps = (f"text.sequence.{dim}" for dim in ("bag", "blocks", "steps"))
    assert described(graph.input) == [
        ("extra.vector.dense", f32, ["batch", 3]),
        ("text.lengths", i64, ["batch"]),
        ("text.rows.dense", f32, ["batch", "time", 4]),
        ("text.sentence.dense", f32, ["batch", 5]),
        ("text.sequence.ids", i32, ["batch", blocks, bag]),
        ("text.sequence.weights", f32, ["batch", blocks, steps, bag]),
    ]
    assert described(graph.output) == [
        ("choice.scores", f32, ["batch", 3]),
        ("choice.id", i32, ["batch"]),
        ("known.each", f32, ["batch", "time"]),
        ("known.busy", i64, ["batch"]),
    ]


# findings.md 3: tf2onnx logs the error and reports success.
def test_an_operation_that_cannot_be_converted_stops_the_export(tmp_path: Path):
    with pytest.raises(ConversionException, match="tf2onnx could not convert the model"):
        export_model(SparseProduct(), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_an_input_that_nothing_reads_stops_the_export(tmp_path: Path):
    with pytest.raises(ConversionException, match=r"nothing reads input text\.lengths"):
        export_model(Forgetful(), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_graph_that_onnx_runtime_cannot_load_stops_the_export(tmp_path: Path):
    def break_shapes(conversion: Conversion) -> None:
        kernel = next(t for t in conversion.graph.graph.initializer if list(t.dims) == [4, 2])
        kernel.CopyFrom(numpy_helper.from_array(np.ones((5, 2), np.float32), kernel.name))

    with pytest.raises(ConversionException):
        export_model(Linear(), tmp_path / "m.onnx", passes=[*DEFAULT_PASSES, break_shapes])
    assert list(tmp_path.iterdir()) == []


def test_a_constant_that_is_off_by_one_percent_stops_the_export(tmp_path: Path):
    def off(conversion: Conversion) -> None:
        kernel = next(t for t in conversion.graph.graph.initializer if list(t.dims) == [4, 2])
        value = numpy_helper.to_array(kernel) * np.float32(1.01)
        kernel.CopyFrom(numpy_helper.from_array(value, kernel.name))

    with pytest.raises(ParityException, match="Random features, 1 x 1: sums") as caught:
        export_model(Linear(), tmp_path / "m.onnx", passes=[*DEFAULT_PASSES, off])
    assert caught.value.exit_code == 4
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_fails_leaves_the_older_file_alone(tmp_path: Path):
    export_model(Linear(), tmp_path / "m.onnx")
    before = (tmp_path / "m.onnx").read_bytes()
    with pytest.raises(ConversionException):
        export_model(SparseProduct(), tmp_path / "m.onnx")
    with pytest.raises(ParityException):
        export_model(Linear(), tmp_path / "m.onnx", tolerance=Tolerance(-1.0, 0.0))
    assert (tmp_path / "m.onnx").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]


def test_a_weight_changed_after_a_prediction_is_exported_as_it_is(tmp_path: Path):
    model = Linear()
    model.predict_step((np.ones((1, 1, 4), np.float32),))
    model.dense.weights[1].assign([5.0, 7.0])
    export_model(model, tmp_path / "m.onnx")
    session = OnnxSession(tmp_path / "m.onnx")
    outputs = session.run({"text.rows.dense": np.zeros((1, 3, 4), np.float32)})
    np.testing.assert_allclose(outputs["sums"], [[15.0, 21.0]])


def test_a_model_without_batch_predict_is_no_model_to_export(tmp_path: Path):
    class Empty(RasaModel):
        pass

    with pytest.raises(NotImplementedError, match="Empty has no batch_predict"):
        export_model(Empty(random_seed=0), tmp_path / "m.onnx")


def test_vectors_may_have_any_name_and_type(tmp_path: Path):
    export_model(Vectors(), tmp_path / "m.onnx")
    session = OnnxSession(tmp_path / "m.onnx")
    assert session.input_names == [
        "label.ids",
        "text.sentence.dense",
        "text.vector.0.dense",
        "text.vector.1.dense",
    ]


def test_a_graph_that_onnx_runtime_cannot_run_stops_the_export(tmp_path: Path):
    with pytest.raises(ParityException, match="1 x 1: ONNX Runtime cannot run the graph"):
        export_model(RunsNot(), tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_graph_that_only_the_checker_accepts_stops_the_export(tmp_path: Path):
    def through_double_acos(conversion: Conversion) -> None:
        graph = conversion.graph.graph
        last = next(node for node in graph.node if "sums" in node.output)
        last.output[0] = "raw"
        graph.node.extend(
            [
                helper.make_node("Cast", ["raw"], ["wide"], to=onnx.TensorProto.DOUBLE),
                helper.make_node("Acos", ["wide"], ["angle"]),
                helper.make_node("Cast", ["angle"], ["sums"], to=onnx.TensorProto.FLOAT),
            ]
        )

    with pytest.raises(ConversionException, match=r"ONNX Runtime .* cannot run this") as caught:
        export_model(Linear(), tmp_path / "m.onnx", passes=[*DEFAULT_PASSES, through_double_acos])
    assert caught.value.exit_code == 4
    assert list(tmp_path.iterdir()) == []
