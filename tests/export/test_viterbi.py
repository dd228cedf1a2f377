"""The exported Viterbi gives what TensorFlow's gives."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from onnlu_export.nodes import Nodes
from onnlu_export.viterbi import MANY_TAGS, append_viterbi
from onnlu_export.viterbi_reach import most_gained, tags_in_reach
from onnlu_train.layers.crf import add_parent
from onnlu_train.layers.viterbi import viterbi

tensorflow_viterbi = tf.function(
    viterbi,
    input_signature=[
        tf.TensorSpec([None, None, None]),
        tf.TensorSpec([None], tf.int32),
        tf.TensorSpec([None, None]),
    ],
)

Inputs = dict[str, np.ndarray]


def empty_model(inputs: Inputs, ir_version: int = 10) -> onnx.ModelProto:
    """A model of these inputs, all dims but the last dynamic, without nodes."""
    infos = []
    for name, value in inputs.items():
        dims = ["batch", f"{name}_time", value.shape[-1]][: value.ndim]
        element_type = helper.np_dtype_to_tensor_dtype(value.dtype)
        infos.append(helper.make_tensor_value_info(name, element_type, dims[: value.ndim]))
    graph = helper.make_graph([], "graph", infos, [])
    opset = [helper.make_opsetid("", 20)]
    return helper.make_model(graph, opset_imports=opset, ir_version=ir_version)


def run(model: onnx.ModelProto, inputs: Inputs, threads: int = 1) -> list[np.ndarray]:
    onnx.checker.check_model(model, full_check=True)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, inputs)


def one_head(
    inputs: Inputs,
    transitions: np.ndarray,
    *,
    drop_last_step: bool = False,
    threads: int = 1,
    ir_version: int = 10,
    rasa_compat: bool = False,
    prune_from: int = MANY_TAGS,
) -> list[np.ndarray]:
    """Decode logits and lengths with ONNX Runtime."""
    model = empty_model(inputs, ir_version)
    append_viterbi(
        model,
        logits="logits",
        lengths="lengths",
        transitions=transitions,
        tags="entity.tags",
        scores="entity.scores",
        prefix="entity/",
        drop_last_step=drop_last_step,
        rasa_compat=rasa_compat,
        prune_from=prune_from,
    )
    looks_for_few = any(node.op_type == "NonZero" for node in model.graph.node)
    assert looks_for_few == (len(transitions) >= prune_from)
    return run(model, inputs, threads)


def random_case(seed: int, batch: int, time: int, tags: int) -> tuple[Inputs, np.ndarray]:
    """Logits with lengths that go round from `time` to 0, and transitions."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(batch, time, tags)).astype(np.float32) * 3
    lengths = (time - np.arange(batch) % (time + 1)).astype(np.int32)
    transitions = rng.normal(size=(tags, tags)).astype(np.float32)
    return {"logits": logits, "lengths": lengths}, transitions


def assert_same(ours: list[np.ndarray], expected: tuple[tf.Tensor, tf.Tensor]) -> None:
    np.testing.assert_array_equal(ours[0], expected[0])
    np.testing.assert_allclose(ours[1], expected[1], atol=1e-5)


shapes = st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(2, 71))
seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, shape=shapes)
def test_it_decodes_as_tensorflow_does(seed: int, shape: tuple[int, int, int]) -> None:
    inputs, transitions = random_case(seed, *shape)
    assert_same(
        one_head(inputs, transitions),
        tensorflow_viterbi(inputs["logits"], inputs["lengths"], transitions),
    )


# At a scale of 30 some confidences are 1.0 in float32, which changes those before.
@settings(max_examples=30, deadline=None)
@given(seed=seeds, shape=shapes, scale=st.sampled_from([1.0, 10.0, 30.0]))
def test_it_gives_the_scores_of_the_original_as_tensorflow_does(
    seed: int, shape: tuple[int, int, int], scale: float
) -> None:
    inputs, transitions = random_case(seed, *shape)
    inputs["logits"] *= np.float32(scale)
    assert_same(
        one_head(inputs, transitions, rasa_compat=True),
        viterbi(inputs["logits"], inputs["lengths"], transitions, rasa_compat=True),
    )


@settings(max_examples=40, deadline=None)
@given(seed=seeds, shape=shapes)
def test_ties_fall_the_same_way(seed: int, shape: tuple[int, int, int]) -> None:
    inputs, transitions = random_case(seed, *shape)
    inputs["logits"] = np.round(inputs["logits"] / 3)
    transitions = np.round(transitions)
    assert_same(
        one_head(inputs, transitions),
        tensorflow_viterbi(inputs["logits"], inputs["lengths"], transitions),
    )


@pytest.mark.parametrize("ir_version", [9, 10])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("batch", "time"), [(1, 1), (17, 1), (2, 2), (17, 8), (2, 64)])
def test_at_any_number_of_threads(batch: int, time: int, threads: int, ir_version: int) -> None:
    inputs, transitions = random_case(batch + time, batch, time, tags=71)
    assert_same(
        one_head(inputs, transitions, threads=threads, ir_version=ir_version),
        tensorflow_viterbi(inputs["logits"], inputs["lengths"], transitions),
    )


def test_results_are_int32_tags_and_float32_scores_named_as_asked() -> None:
    inputs, transitions = random_case(1, batch=2, time=3, tags=4)
    model = empty_model(inputs)
    append_viterbi(
        model,
        logits="logits",
        lengths="lengths",
        transitions=transitions,
        tags="entity.tags",
        scores="entity.scores",
        prefix="entity/",
    )
    tags, scores = model.graph.output
    assert (tags.name, tags.type.tensor_type.elem_type) == ("entity.tags", TensorProto.INT32)
    assert (scores.name, scores.type.tensor_type.elem_type) == ("entity.scores", TensorProto.FLOAT)
    for output in (tags, scores):
        dims = output.type.tensor_type.shape.dim
        assert [dim.dim_param for dim in dims] == ["batch", "time"]
    assert all(node.name.startswith("entity/") for node in model.graph.node)
    assert {node.op_type for node in model.graph.node} >= {"Scan"}
    assert [array.dtype for array in run(model, inputs)] == [np.int32, np.float32]


def test_rows_of_length_zero_are_all_zero() -> None:
    inputs, transitions = random_case(2, batch=3, time=4, tags=5)
    inputs["lengths"][:] = 0
    tags, scores = one_head(inputs, transitions)
    assert tags.shape == scores.shape == (3, 4)
    assert not tags.any()
    assert not scores.any()


def test_large_scores_do_not_reach_the_end_mark() -> None:
    inputs, transitions = random_case(3, batch=5, time=9, tags=6)
    inputs["logits"] *= 1e4
    transitions *= 1e4
    assert_same(
        one_head(inputs, transitions),
        tensorflow_viterbi(inputs["logits"], inputs["lengths"], transitions),
    )


@pytest.mark.parametrize("time", [1, 2, 7])
@pytest.mark.parametrize("lengths_type", [np.int32, np.int64])
def test_the_last_step_may_be_the_sentence(time: int, lengths_type: type) -> None:
    inputs, transitions = random_case(4, batch=9, time=time + 1, tags=5)
    inputs["lengths"] = np.minimum(inputs["lengths"], time).astype(lengths_type)
    ours = one_head(inputs, transitions, drop_last_step=True)
    assert ours[0].shape == (9, time)
    lengths = inputs["lengths"].astype(np.int32)
    assert_same(ours, tensorflow_viterbi(inputs["logits"][:, :time], lengths, transitions))


@settings(max_examples=20, deadline=None)
@given(seed=seeds, shape=shapes, parent_count=st.integers(2, 20), drop_last_step=st.booleans())
def test_a_head_may_depend_on_the_tags_of_another(
    seed: int, shape: tuple[int, int, int], parent_count: int, drop_last_step: bool
) -> None:
    batch, time, tags = shape
    steps = time + drop_last_step
    inputs, transitions = random_case(seed, batch, steps, tags)
    parents, parent_transitions = random_case(seed + 1, batch, steps, parent_count)
    inputs["parent_logits"] = parents["logits"]
    inputs["lengths"] = np.minimum(inputs["lengths"], time)
    table = np.random.default_rng(seed).normal(size=(parent_count, tags)).astype(np.float32) * 3
    model = empty_model(inputs)
    append_viterbi(
        model,
        logits="parent_logits",
        lengths="lengths",
        transitions=parent_transitions,
        tags="entity.tags",
        scores="entity.scores",
        prefix="entity/",
        drop_last_step=drop_last_step,
    )
    append_viterbi(
        model,
        logits="logits",
        lengths="lengths",
        transitions=transitions,
        tags="role.tags",
        scores="role.scores",
        prefix="role/",
        parent_tags="entity.tags",
        parent_table=table,
        drop_last_step=drop_last_step,
    )
    ours = run(model, inputs)
    lengths = inputs["lengths"]
    entity = tensorflow_viterbi(inputs["parent_logits"][:, :time], lengths, parent_transitions)
    logits = add_parent(inputs["logits"][:, :time], entity[0], table)
    assert_same(ours[:2], entity)
    assert_same(ours[2:], tensorflow_viterbi(logits, lengths, transitions))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda case: case.update(transitions=np.zeros((3, 4), np.float32)), r"not \[3, 4\]"),
        (lambda case: case.update(parent_tags="tags"), "both parent_tags and parent_table"),
        (
            lambda case: case.update(
                parent_tags="lengths", parent_table=np.zeros((2, 5), np.float32)
            ),
            r"\[parent tags, 3\] as there are 3 tags, not \[2, 5\]",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    change: Callable[[dict[str, object]], None], message: str
) -> None:
    inputs, transitions = random_case(5, batch=1, time=2, tags=3)
    model = empty_model(inputs)
    case: dict[str, object] = {"transitions": transitions}
    change(case)
    with pytest.raises(ValueError, match=message):
        append_viterbi(
            model, logits="logits", lengths="lengths", tags="t", scores="s", prefix="p/", **case
        )
    assert not model.graph.node


MANY = 120


def peaked(seed: int, batch: int, time: int, peaks: int) -> tuple[Inputs, np.ndarray]:
    """As a trained model's: at each step a few of many tags are far above the others."""
    inputs, transitions = random_case(seed, batch, time, MANY)
    rng = np.random.default_rng(seed)
    high = rng.integers(0, MANY, (batch, time, peaks))
    np.put_along_axis(inputs["logits"], high, 40 + rng.random(high.shape, np.float32), axis=2)
    return inputs, transitions


@pytest.mark.parametrize("peaks", [1, 3, 7, 8, 20, 100])
@pytest.mark.parametrize(("batch", "time"), [(1, 1), (1, 9), (5, 12)])
def test_of_many_tags_it_decodes_few_and_misses_none(batch: int, time: int, peaks: int) -> None:
    inputs, transitions = peaked(peaks, batch, time, peaks)
    tags, scores = one_head(inputs, transitions)
    expected = tensorflow_viterbi(inputs["logits"], inputs["lengths"], transitions)
    np.testing.assert_array_equal(tags, expected[0])
    np.testing.assert_allclose(scores, expected[1], atol=1e-5)


def test_from_how_many_tags_on_few_are_decoded_changes_no_result() -> None:
    inputs, transitions = peaked(1, batch=5, time=12, peaks=3)
    pruned, whole = (one_head(inputs, transitions, prune_from=n) for n in (MANY, MANY + 1))
    np.testing.assert_array_equal(pruned[0], whole[0])
    np.testing.assert_allclose(pruned[1], whole[1], atol=1e-5)


def test_of_many_tags_that_are_equally_good_the_first_wins() -> None:
    inputs, transitions = peaked(2, batch=5, time=12, peaks=6)
    inputs["logits"], transitions = np.round(inputs["logits"] / 3), np.round(transitions)
    assert_same(
        one_head(inputs, transitions),
        tensorflow_viterbi(inputs["logits"], inputs["lengths"], transitions),
    )


@pytest.mark.parametrize("not_a_number", [False, True])
def test_tags_are_in_reach_that_the_bound_leaves_at_any_step(not_a_number: bool) -> None:
    inputs, transitions = peaked(1, batch=3, time=5, peaks=2)
    inputs["logits"] -= inputs["logits"].max(axis=2, keepdims=True)
    logits = inputs["logits"]
    reach = logits + most_gained(transitions)[logits.argmax(axis=2)]
    expected = np.flatnonzero(reach.max(axis=(0, 1)) >= -0.01)
    assert 1 < len(expected) < MANY / 2
    if not_a_number:
        logits[:], expected = np.nan, np.arange(MANY)
    model = empty_model(inputs)
    found = tags_in_reach(Nodes(model.graph, "reach/"), "logits", transitions)
    output = helper.make_tensor_value_info(found, TensorProto.INT64, [1, "number"])
    model.graph.output.append(output)
    np.testing.assert_array_equal(run(model, inputs)[0], [expected])


@settings(max_examples=50, deadline=None)
@given(seed=seeds, time=st.integers(1, 4))
def test_a_tag_beyond_reach_is_on_no_best_path(seed: int, time: int) -> None:
    """Against every path there is."""
    rng = np.random.default_rng(seed)
    logits, transitions = rng.normal(size=(time, 5)) * 4, rng.normal(size=(5, 5))
    paths = np.array(list(itertools.product(range(5), repeat=time)))
    scores = logits[np.arange(time), paths].sum(1) + transitions[paths[:, :-1], paths[:, 1:]].sum(1)
    gained = most_gained(transitions)
    for step, tags in enumerate(logits):
        beyond = np.flatnonzero(tags + gained[tags.argmax()] < tags.max())
        for last in range(5):  # also of those that end otherwise than the best
            ending = paths[:, -1] == last
            best = paths[ending][scores[ending].argmax()]
            assert step == time - 1 or best[step] not in beyond


def test_scores_of_a_long_text_keep_their_digits() -> None:
    """Both against a search in float64: hundreds of steps of high scores add up to thousands."""
    inputs, transitions = random_case(5, batch=2, time=512, tags=20)
    inputs["logits"] *= 5
    inputs["lengths"][:] = 512
    logits = inputs["logits"].astype(np.float64)
    arriving, path_scores = np.zeros((2, 20)), []
    for step in range(512):
        path_scores.append(arriving + logits[:, step])
        arriving = (path_scores[-1][:, :, None] + transitions).max(1)
    candidates = path_scores[-1]
    expected = []
    for step in reversed(range(512)):
        shares = np.exp(candidates - candidates.max(1, keepdims=True))
        expected.insert(0, 1 / shares.sum(1))
        if step:
            candidates = path_scores[step - 1] + transitions[:, candidates.argmax(1)].T
    ours = one_head(inputs, transitions)[1]
    theirs = tensorflow_viterbi(inputs["logits"], inputs["lengths"], transitions)[1]
    for scores in (ours, theirs):
        np.testing.assert_allclose(scores, np.transpose(expected), atol=2e-5)
