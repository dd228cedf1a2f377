"""Runs in shape buckets, as on a GPU, give what plain runs give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import onnlu
from onnlu.bags import padded_bags
from onnlu.components.onnx_component import MODEL_FILE, OnnxComponent
from onnlu.devices.bucketed import BucketedSession
from onnlu.devices.buckets import Tensors, bucket_sizes, cut, open_sizes, padded
from onnlu.devices.cuda import CPU, DECODING_ON_CPU
from onnlu.model_inputs import bag_tensors, one_row
from onnlu.sparse import SparseMatrix

SEQUENCE, SENTENCE = "text.sequence", "text.sentence"


@pytest.fixture(scope="module")
def session(exported_model: Path) -> Any:
    """A session of ONNX Runtime on the CPU, told all that it is told for a GPU."""
    (path,) = exported_model.glob(f"components/*/{MODEL_FILE}")
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.name_based_layer_assignment", DECODING_ON_CPU)
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=[CPU])


def plain_run(session: Any, inputs: Tensors) -> Tensors:
    names = [value.name for value in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def random_inputs(lengths: list[int], longest: int, columns: int = 5) -> Tensors:
    """Inputs of texts whose tokens have up to `longest` features, some with none."""
    numbers = np.random.default_rng(len(lengths) * longest)

    def matrix(rows: int) -> SparseMatrix:
        counts = numbers.integers(0, longest + 1, rows)
        return SparseMatrix.from_row_columns(
            [numbers.integers(0, columns, count).tolist() for count in counts],
            columns,
            [numbers.normal(size=count).tolist() for count in counts],
        )

    sequences = padded_bags([[matrix(length)] for length in lengths], max(1, *lengths))
    sentences = one_row(padded_bags([[matrix(1)] for _ in lengths], 1))
    return {
        "text.lengths": np.array(lengths, np.int64),
        **bag_tensors(SEQUENCE, sequences),
        **bag_tensors(SENTENCE, sentences),
    }


def assert_same(bucketed: Tensors, plain: Tensors) -> None:
    assert set(bucketed) == set(plain)
    for name, expected in plain.items():
        assert bucketed[name].shape == expected.shape
        if name.endswith(".tags"):
            assert bucketed[name].tolist() == expected.tolist()
        else:
            np.testing.assert_allclose(bucketed[name], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("lengths", "longest"),
    [([1], 3), ([3, 9, 1], 30), ([0, 2], 5), ([17, 4, 4, 8, 1], 300), ([8], 900), ([33] * 7, 90)],
)
def test_random_features_give_the_tags_and_confidences_of_their_real_shape(
    session: Any, lengths: list[int], longest: int
) -> None:
    inputs = random_inputs(lengths, longest)
    assert_same(BucketedSession(session).run(inputs), plain_run(session, inputs))


def test_texts_give_the_tags_and_confidences_of_their_real_shape(
    session: Any, exported_model: Path
) -> None:
    nlu = onnlu.load(exported_model, device="cpu")
    (node,) = nlu.model.manifest["exported_nodes"]
    component: OnnxComponent = nlu.component(node)
    texts = ["hello", "fly to Rome", "fly from Paris to Rome please and thank you", "x" * 900]
    messages = [m for m in nlu.features(texts, node) if component.can_infer(m)]
    inputs = component.inputs(messages)
    assert_same(BucketedSession(session).run(inputs), plain_run(session, inputs))


def test_overflow_rows_move_with_the_tokens_that_they_add_to(session: Any) -> None:
    inputs = random_inputs([17, 4, 4, 8, 1], 300)
    dims = {value.name: value.shape for value in session.get_inputs()}
    sizes = bucket_sizes(open_sizes(inputs, dims))
    rows = inputs["text.sequence.overflow.rows"]
    moved = padded(inputs, dims, sizes)["text.sequence.overflow.rows"]
    time = inputs["text.sequence.ids"].shape[1]
    assert 0 < len(rows) < len(moved) == sizes["text.sequence.overflow"]
    assert sizes["time"] > time
    for row, to in zip(rows, moved, strict=False):
        assert divmod(int(row), time) == divmod(int(to), sizes["time"])
    assert sorted(moved) == moved.tolist()
    assert moved.max() < sizes["batch"] * sizes["time"]


def test_many_shapes_share_few_buckets() -> None:
    shapes = [{"batch": 1, "time": time, "bag": 20 + time} for time in range(1, 65)]
    assert len({tuple(bucket_sizes(shape).items()) for shape in shapes}) <= 6


def test_a_bucket_holds_its_shape_and_is_its_own_bucket() -> None:
    for size in range(600):
        for dim, bucket in bucket_sizes({"batch": size, "time": size, "bag": size}).items():
            assert bucket >= size
            assert bucket_sizes({dim: bucket}) == {dim: bucket}


def test_the_loops_of_a_graph_are_the_decoding_that_is_left_to_the_cpu(session: Any) -> None:
    nodes = [
        node for part in session.get_provider_graph_assignment_info() for node in part.get_nodes()
    ]
    loops = [node.name for node in nodes if node.op_type in ("Scan", "Loop")]
    prefix = DECODING_ON_CPU.removeprefix("cpu(").removesuffix(")")
    assert len(loops) == 2
    assert all(name.startswith(prefix) for name in loops)


def test_diagnostics_keep_a_slot_more_than_there_are_tokens():
    dims = {"attention": ["batch", 1, "slots", "slots"]}
    before, after = {"batch": 1, "time": 3}, {"batch": 1, "time": 8}
    attention = {"attention": np.arange(81).reshape(1, 1, 9, 9)}
    found = cut(attention, dims, before, after)["attention"]
    np.testing.assert_array_equal(found, attention["attention"][:, :, :4, :4])
