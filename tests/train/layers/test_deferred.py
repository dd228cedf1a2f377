"""Decodings that are noted for the exporter instead of computed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.layers.crf import CRF
from onnlu_train.layers.deferred import DeferredOutput, decodings_deferred

LOGITS = tf.constant([[[1.0, 0.0, 0.5], [0.0, 2.0, 0.0]]])
LENGTHS = tf.constant([2])
TABLE = tf.constant([[0.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 9.0]])


def crf(name: str = "crf.entity") -> CRF:
    return CRF(3, 0.0, name=name)


def test_decode_notes_what_there_is_to_decode() -> None:
    layer = crf()
    with decodings_deferred() as decodings:
        assert decodings == []
        tags, scores = layer.decode(LOGITS, LENGTHS)
    (decoding,) = decodings
    assert decoding.crf is layer
    np.testing.assert_array_equal(decoding.logits, LOGITS)
    np.testing.assert_array_equal(decoding.lengths, LENGTHS)
    np.testing.assert_array_equal(decoding.transitions, layer.transitions)
    assert (decoding.parent, decoding.parent_table) == (None, None)
    assert (tags.decoding, tags.kind) == (decoding, "tags")
    assert (scores.decoding, scores.kind) == (decoding, "scores")


def test_a_head_may_depend_on_a_deferred_one() -> None:
    with decodings_deferred() as decodings:
        tags, _ = crf().decode(LOGITS, LENGTHS)
        crf("crf.role").decode(LOGITS, LENGTHS, tags, TABLE)
    entity, role = decodings
    assert role.parent is entity
    np.testing.assert_array_equal(role.parent_table, TABLE)
    np.testing.assert_array_equal(role.logits, LOGITS)


def test_parent_tags_that_are_known_are_added_at_once() -> None:
    with decodings_deferred() as decodings:
        crf().decode(LOGITS, LENGTHS, tf.constant([[1, 2]]), TABLE)
    assert decodings[0].parent is None
    np.testing.assert_array_equal(decodings[0].logits, [[[1.0, 9.0, 0.5], [0.0, 2.0, 9.0]]])


def test_a_traced_graph_holds_no_loop() -> None:
    layer = crf()

    @tf.function
    def predict(logits: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        with decodings_deferred() as decodings:
            layer.decode(logits, lengths)
        return decodings[0].logits

    graph = predict.get_concrete_function(LOGITS, LENGTHS).graph
    assert not {node.op for node in graph.as_graph_def().node} & {"While", "StatelessWhile"}


def test_after_the_block_decode_computes_again() -> None:
    with pytest.raises(KeyError), decodings_deferred() as decodings:
        raise KeyError
    tags, _ = crf().decode(LOGITS, LENGTHS)
    assert tags.shape == (1, 2)
    assert decodings == []


def test_an_inner_block_notes_for_itself() -> None:
    with decodings_deferred() as outer:
        with decodings_deferred() as inner:
            crf().decode(LOGITS, LENGTHS)
        crf().decode(LOGITS, LENGTHS)
    assert (len(outer), len(inner)) == (1, 1)


def test_other_threads_decode_undisturbed() -> None:
    layer = crf()
    with decodings_deferred() as decodings, ThreadPoolExecutor() as pool:
        tags, _ = pool.submit(layer.decode, LOGITS, LENGTHS).result()
    assert isinstance(tags, tf.Tensor)
    assert decodings == []


def test_a_placeholder_outside_of_the_block_is_refused_as_parent() -> None:
    with decodings_deferred():
        tags, _ = crf().decode(LOGITS, LENGTHS)
    with pytest.raises(TypeError, match=r"tags of CRF 'crf.entity' are not computed"):
        crf("crf.role").decode(LOGITS, LENGTHS, tags, TABLE)


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(
    "operation",
    [
        tf.convert_to_tensor,
        tf.reduce_sum,
        np.asarray,
        pytest.param(lambda placeholder: tf.cast(placeholder, tf.float32), id="cast"),
        pytest.param(lambda placeholder: LENGTHS + placeholder, id="add"),
        pytest.param(lambda placeholder: tf.where(LENGTHS > 0, placeholder, 0), id="where"),
        pytest.param(lambda placeholder: tf.gather(TABLE, placeholder), id="gather"),
        pytest.param(lambda placeholder: placeholder[:, 1:], id="slice"),
    ],
)
def test_nothing_can_be_computed_with_a_placeholder(
    operation: Callable[[DeferredOutput], object], traced: bool
) -> None:
    with decodings_deferred():
        _, scores = crf().decode(LOGITS, LENGTHS)

    def compute() -> None:
        operation(scores)

    with pytest.raises(TypeError, match=r"scores of CRF 'crf.entity' are not computed"):
        (tf.function(compute, autograph=False) if traced else compute)()
