"""What parity finds, and what it lets pass (design.md 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from onnlu.session import OnnxSession
from onnlu.tolerance import Tolerance
from onnlu_export.conversion import Conversion
from onnlu_export.errors import ParityException
from onnlu_export.near_ties import NearTies
from onnlu_export.parity import (
    GRID_BATCHES,
    GRID_TIMES,
    check_grid,
    exported_batch,
    random_data,
)
from onnlu_export.parity_report import ParityReport, Worst

from .weights_in_graphs import constant, constants, weight

TOLERANCE = Tolerance(atol=1e-5, rtol=1e-4)
SCORES = np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)
TAGS = np.array([[1, 2], [0, 3]], np.int32)
REFERENCE = {"scores": SCORES, "tags": TAGS}


def compare(ours: dict[str, Any], **options: Any) -> ParityReport:
    report = ParityReport()
    report.compare({**REFERENCE, **ours}, REFERENCE, TOLERANCE, "here", **options)
    return report


def changed(array: np.ndarray, value: float) -> np.ndarray:
    copy = array.copy()
    copy[1, 1] = value
    return copy


def test_equal_outputs_agree():
    report = compare({})
    assert report.worst["scores"].difference == 0.0
    assert report.near_ties == 0


def test_the_worst_difference_is_reported():
    report = compare({"scores": changed(SCORES, 0.50004)})
    worst = report.worst["scores"]
    assert worst.difference == pytest.approx(4e-5, rel=0.01)
    assert worst.where == "here, at [1, 1]"
    named = compare({"scores": changed(SCORES, 0.50004)}, texts=["one", "two " * 30])
    assert named.worst["scores"].where == f"text '{('two ' * 30)[:60]}...', at [1]"


@pytest.mark.parametrize("value", [0.5 + 7e-5, 0.5 - 7e-5, np.nan, np.inf])
def test_numbers_beyond_the_tolerance_are_refused(value: float):
    with pytest.raises(ParityException, match="here: scores, shape"):
        compare({"scores": changed(SCORES, value)})


def test_the_number_beyond_the_tolerance_is_named_not_the_largest_difference():
    reference = {"scores": np.array([[1000.0], [0.0]], np.float32)}
    ours = {"scores": np.array([[1000.05], [2e-5]], np.float32)}
    with pytest.raises(ParityException, match=r"at \[1, 0\] instead") as caught:
        ParityReport().compare(ours, reference, TOLERANCE, "here")
    assert caught.value.row == 1


SUMS = np.array([[300.0, 0.0]], np.float32)


def test_small_numbers_for_diagnosis_may_be_off_as_the_largest_may():
    named = {"diagnostic_data.text_transformed": SUMS}
    ours = {name: SUMS + np.array([[0.0, 2e-2]], np.float32) for name in named}
    report = ParityReport()
    report.compare(ours, named, TOLERANCE, "here")
    assert report.worst["diagnostic_data.text_transformed"].difference == pytest.approx(2e-2)
    with pytest.raises(ParityException, match=r"here: scores, .* at \[0, 1\]"):
        ParityReport().compare({"scores": SUMS + 2e-2}, {"scores": SUMS}, TOLERANCE, "here")


@pytest.mark.parametrize("value", [4e-2, np.nan, np.inf])
def test_numbers_for_diagnosis_that_are_wrong_are_refused(value: float):
    named = {"diagnostic_data.text_transformed": SUMS}
    ours = {name: np.array([[300.0, value]], np.float32) for name in named}
    with pytest.raises(ParityException, match=r"text_transformed, .* at \[0, 1\] instead"):
        ParityReport().compare(ours, named, TOLERANCE, "here")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_reference_that_is_no_number_is_refused(value: float):
    wrong = {**REFERENCE, "scores": changed(SCORES, value)}
    with pytest.raises(ParityException, match="here: scores"):
        ParityReport().compare(REFERENCE, wrong, TOLERANCE, "here")
    with pytest.raises(ParityException, match="here: scores"):
        ParityReport().compare(wrong, wrong, TOLERANCE, "here")


def test_whole_numbers_have_to_be_equal():
    message = r"here: tags differs in 1 of 2 rows; row 1 is \[0, 2\] instead of \[0, 3\]"
    with pytest.raises(ParityException, match=message):
        compare({"tags": changed(TAGS, 2)})


@pytest.mark.parametrize(
    ("ours", "message"),
    [
        ({"scores": SCORES[:1]}, r"scores has shape \(1, 2\), not \(2, 2\)"),
        ({"tags": TAGS[:, :1]}, r"tags has shape \(2, 1\), not \(2, 2\)"),
        ({"more": TAGS}, r"outputs \['more', 'scores', 'tags'\]"),
    ],
)
def test_other_shapes_and_outputs_are_refused(ours: dict[str, Any], message: str):
    with pytest.raises(ParityException, match=message):
        compare(ours)


def test_a_missing_output_is_refused():
    with pytest.raises(ParityException, match=r"outputs \['tags'\] instead of"):
        ParityReport().compare({"tags": TAGS}, REFERENCE, TOLERANCE, "here")


def test_tied_rows_are_counted_and_their_scores_left_out():
    ours = {"tags": changed(TAGS, 2), "scores": changed(SCORES, 0.9)}
    report = compare(ours, nearly_tie=lambda name, row, mine, theirs: row == 1)
    assert report.near_ties == 1
    assert report.worst["scores"].difference == 0.0
    with pytest.raises(ParityException, match="tags differs"):
        compare(ours, nearly_tie=lambda name, row, mine, theirs: row == 0)


def test_a_row_that_ties_excuses_no_other_row():
    ours = {"tags": changed(TAGS, 2), "scores": SCORES + np.array([[0.1], [0.0]], np.float32)}
    with pytest.raises(ParityException, match="scores"):
        compare(ours, nearly_tie=lambda name, row, mine, theirs: row == 1)


def test_reports_add_up():
    large, small = Worst(0.5, "here"), Worst(0.1, "there")
    first = ParityReport(texts=1, grid=["1 x 1"], worst={"a": large, "c": small}, near_ties=1)
    first.include(
        ParityReport(texts=2, grid=["1 x 1", "2 x 1"], worst={"a": small, "b": small, "c": large})
    )
    assert first.as_dict() == {
        "texts": 3,
        "grid": ["1 x 1", "2 x 1"],
        "worst": {
            "a": {"difference": 0.5, "where": "here"},
            "b": {"difference": 0.1, "where": "there"},
            "c": {"difference": 0.5, "where": "here"},
        },
        "near_ties": 1,
    }


def test_the_grid_has_empty_texts_and_texts_of_unknown_words(diet: Any):
    data = random_data(diet, 17, 8, np.random.default_rng(0))
    lengths = data.get("text", "lengths")[0].batch(np.arange(17))[0]
    assert lengths[0] == 8
    assert lengths[-1] == 0
    sequence = data.get("text", "sequence")[0]
    assert sequence.entry_counts[0] > 0
    assert sequence.entry_counts[1] == 0
    assert set(GRID_BATCHES) == {1, 2, 17}
    assert set(GRID_TIMES) == {1, 2, 8, 33, 64, 129, 512}


def saved(conversion: Conversion, path: Path) -> OnnxSession:
    onnx.save(conversion.graph, path)
    return OnnxSession(path)


def test_the_export_of_diet_gives_what_diet_gives(
    diet: Any, diet_conversion: Conversion, tmp_path: Path
):
    report = ParityReport()
    session = saved(diet_conversion, tmp_path / "m.onnx")
    check_grid(diet, session, report, TOLERANCE, NearTies(diet, TOLERANCE), random_seed=3)
    assert set(report.worst) == {
        "intent.confidences",
        "entity.scores",
        "role.scores",
        "group.scores",
    }


CHANGED = [
    "text.features.sequence.sparse_to_dense/kernel",
    "text.features.sentence.sparse_to_dense/kernel",
    "text.encoder.embedding/kernel",
    "text.encoder.0.expand/kernel",
    "text.encoder.0.contract/kernel",
    "text.encoder.0.attention.output/kernel",
    "text.encoder.0.attention_norm/gamma",
    "text.encoder.0.feed_forward_norm/gamma",
    "text.encoder.norm/gamma",
    "embed.text/kernel",
    "labels",
    "entity.crf/transitions",
    "role.crf/transitions",
    "group.crf/transitions",
    "role.table",
]


@pytest.mark.parametrize("name", CHANGED)
def test_a_constant_that_is_off_by_one_percent_is_found(
    diet: Any, diet_conversion: Conversion, tmp_path: Path, name: str
):
    graph = onnx.ModelProto()
    graph.CopyFrom(diet_conversion.graph)
    tensor = constant(graph.graph, weight(diet, name))
    value = numpy_helper.to_array(tensor) * np.float32(1.01)
    tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))
    onnx.save(graph, tmp_path / "m.onnx")
    with pytest.raises(ParityException, match="Random features") as caught:
        check_grid(
            diet,
            OnnxSession(tmp_path / "m.onnx"),
            ParityReport(),
            TOLERANCE,
            NearTies(diet, TOLERANCE),
        )
    assert caught.value.exit_code == 4


# findings.md 6, behaviour.md 3.4 "export folds mask"
@pytest.mark.parametrize("name", ["text.encoder.embedding/kernel", "text.encoder.0.expand/kernel"])
def test_the_exported_kernels_lack_the_missing_connections(
    diet: Any, diet_conversion: Conversion, name: str
):
    mask = np.asarray(diet._named_weights()[name.replace("kernel", "mask")])
    exported = numpy_helper.to_array(constant(diet_conversion.graph.graph, weight(diet, name)))
    assert mask.mean() < 0.5
    assert ((exported.reshape(mask.shape) != 0) == (mask == 1)).all()


def test_of_the_labels_their_embeddings_alone_are_in_the_graph(diet: Any, diet_conversion: Any):
    """Constants are folded: no layer of labels is left, nor what it would read."""
    names = [name for name in diet._named_weights() if not name.endswith("/mask")]
    of_labels = {name for name in names if name.startswith(("label.", "embed.label/"))}
    graph = diet_conversion.graph.graph
    assert {"embed.label/kernel", "embed.label/bias"} < of_labels
    assert not [name for name in of_labels if constants(graph, weight(diet, name))]
    assert constants(graph, weight(diet, "embed.text/kernel"))
    embeddings = constant(graph, weight(diet, "labels"))
    assert sorted(embeddings.dims) == sorted(weight(diet, "labels").shape)


def test_batches_give_what_single_texts_give(
    diet: Any, diet_conversion: Conversion, tmp_path: Path
):
    session = saved(diet_conversion, tmp_path / "m.onnx")
    data = random_data(diet, 9, 7, np.random.default_rng(2))
    together = session.run(exported_batch(data))
    lengths = data.get("text", "lengths")[0].batch(np.arange(9))[0]
    for text in range(9):
        alone = session.run(exported_batch(data.take(np.array([text]))))
        for name, array in alone.items():
            if name == "intent.confidences":
                np.testing.assert_allclose(array[0], together[name][text], atol=1e-5)
                continue
            length = lengths[text]
            np.testing.assert_allclose(
                array[0, :length], together[name][text, :length], rtol=1e-4, atol=1e-5
            )
            assert (together[name][text, length:] == 0).all()
