"""Runs in shape buckets, as on a GPU, give what plain runs give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

import onnlu
from onnlu.components.onnx_component import OnnxComponent
from onnlu.devices.binding import run_bound
from onnlu.devices.buckets import Tensors, bucketed, cut
from onnlu.devices.cuda import CPU, DECODING_ON_CPU
from onnlu.features import SENTENCE, SEQUENCE, Features
from onnlu.message import TEXT, Message, Token
from onnlu.model_inputs import real_sizes, text_inputs
from onnlu.session import MODEL_FILE
from onnlu.sparse import SparseMatrix


@pytest.fixture(scope="module")
def session(exported_model: Path) -> Any:
    """A session of ONNX Runtime on the CPU, told all that it is told for a GPU."""
    (path,) = exported_model.glob(f"components/*/{MODEL_FILE}")
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.name_based_layer_assignment", DECODING_ON_CPU)
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    return onnxruntime.InferenceSession(str(path), options, providers=[CPU])


def random_messages(lengths: list[int], longest: int, columns: int = 5) -> list[Message]:
    """Featurized messages whose tokens have up to `longest` features, some with none."""
    numbers = np.random.default_rng(len(lengths) * longest)

    def matrix(rows: int) -> SparseMatrix:
        counts = numbers.integers(0, longest + 1, rows)
        return SparseMatrix.from_row_columns(
            [numbers.integers(0, columns, count).tolist() for count in counts],
            columns,
            [numbers.normal(size=count).tolist() for count in counts],
        )

    return [
        Message(
            {TEXT: "x" * length},
            {TEXT: [Token("x", i, i + 1) for i in range(length)]},
            [
                Features(matrix(length), SEQUENCE, TEXT, "words"),
                Features(matrix(1), SENTENCE, TEXT, "words"),
            ],
        )
        for length in lengths
    ]


def bucketed_run(session: Any, messages: list[Message]) -> Tensors:
    """Run in shape buckets with bound inputs, as a session on a GPU does."""
    names = [value.name for value in session.get_outputs()]
    dims = {value.name: value.shape for value in session.get_outputs()}
    inputs = text_inputs(messages, rounded=bucketed)
    outputs = dict(zip(names, run_bound(session, names, inputs), strict=True))
    batch, time = real_sizes(messages)
    return cut(outputs, dims, {"batch": batch, "time": time})


def exact_run(session: Any, messages: list[Message]) -> Tensors:
    names = [value.name for value in session.get_outputs()]
    dims = {value.name: value.shape for value in session.get_outputs()}
    batch, time = real_sizes(messages)
    outputs = dict(zip(names, session.run(names, text_inputs(messages)), strict=True))
    return cut(outputs, dims, {"batch": batch, "time": time})


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
    messages = random_messages(lengths, longest)
    assert_same(bucketed_run(session, messages), exact_run(session, messages))


def test_texts_give_the_tags_and_confidences_of_their_real_shape(
    session: Any, exported_model: Path
) -> None:
    nlu = onnlu.load(exported_model, device="cpu")
    (node,) = nlu.model.manifest["exported_nodes"]
    component: OnnxComponent = nlu.component(node)
    texts = ["hello", "fly to Rome", "fly from Paris to Rome please and thank you", "x" * 900]
    messages = [m for m in nlu.features(texts, node) if component.can_infer(m)]
    assert_same(bucketed_run(session, messages), exact_run(session, messages))


def test_steps_that_fill_up_the_last_block_are_cut_off(exported_model: Path) -> None:
    nlu = onnlu.load(exported_model, device="cpu")
    (node,) = nlu.model.manifest["exported_nodes"]
    component: OnnxComponent = nlu.component(node)
    messages = nlu.features(["fly to rome " * 11, "hello"], node)
    assert component.inputs(messages)["text.sequence.weights"].shape[1:3] == (2, 17)
    assert component.infer(messages)["entity.tags"].shape == (2, 33)


def test_many_shapes_share_few_buckets() -> None:
    shapes = {
        tuple(
            array.shape
            for array in text_inputs(random_messages([n], 20), rounded=bucketed).values()
        )
        for n in range(1, 65)
    }
    assert len(shapes) <= 12


def test_a_bucket_holds_its_size_and_is_its_own_bucket() -> None:
    for size in range(1, 600):
        bucket = bucketed(size, 8)
        assert bucket >= size
        assert bucketed(bucket, 8) == bucket


def test_the_loops_of_a_graph_are_the_decoding_that_is_left_to_the_cpu(session: Any) -> None:
    nodes = [
        node for part in session.get_provider_graph_assignment_info() for node in part.get_nodes()
    ]
    loops = [node.name for node in nodes if node.op_type in ("Scan", "Loop")]
    prefix = DECODING_ON_CPU.removeprefix("cpu(").removesuffix(")")
    assert len(loops) == 2
    assert all(name.startswith(prefix) for name in loops)


def test_outputs_are_cut_to_what_is_real():
    dims = {"attention": ["batch", 1, "slots", "slots"]}
    attention = {"attention": np.arange(162).reshape(2, 1, 9, 9)}
    found = cut(attention, dims, {"batch": 1, "time": 3, "slots": 4})["attention"]
    np.testing.assert_array_equal(found, attention["attention"][:1, :, :4, :4])
