"""Viterbi decoding against all paths."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from onnlu_train.layers.viterbi import viterbi


def random_case(
    seed: int, batch: int, time: int, tags: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits, lengths that go round from 0 to `time`, and transitions."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(batch, time, tags)).astype(np.float32) * 2
    lengths = (np.arange(batch) % (time + 1)).astype(np.int32)
    return logits, lengths, rng.normal(size=(tags, tags)).astype(np.float32)


def by_enumeration(
    logits: np.ndarray, lengths: np.ndarray, transitions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Best path of each row, and the softmax of the best scores that lead to each of its tags."""
    tags = np.zeros(logits.shape[:2], np.int32)
    scores = np.zeros(logits.shape[:2])
    count = logits.shape[-1]
    for row, length in enumerate(lengths):

        def score(path: tuple[int, ...], row: int = row) -> float:
            unary = sum(float(logits[row, step, tag]) for step, tag in enumerate(path))
            return unary + sum(float(transitions[pair]) for pair in itertools.pairwise(path))

        tags[row, :length] = max(itertools.product(range(count), repeat=int(length)), key=score)
        for step in range(length):
            best = np.full(count, -np.inf)
            for path in itertools.product(range(count), repeat=step + 1):
                best[path[-1]] = max(best[path[-1]], score(path))
            if step + 1 < length:
                best += transitions[:, tags[row, step + 1]]
            scores[row, step] = 1 / np.exp(best - best.max()).sum()
    return tags, scores


@pytest.mark.parametrize("tags", [1, 2, 3])
@pytest.mark.parametrize("time", [1, 2, 3, 4])
def test_it_finds_the_best_of_all_paths(time: int, tags: int) -> None:
    case = random_case(seed=10 * time + tags, batch=15, time=time, tags=tags)
    expected_tags, expected_scores = by_enumeration(*case)
    decoded, scores = viterbi(*case)
    np.testing.assert_array_equal(decoded, expected_tags)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-5)


def test_types_and_shapes() -> None:
    tags, scores = viterbi(*random_case(seed=0, batch=2, time=3, tags=4))
    assert (tags.shape, tags.dtype) == ((2, 3), tf.int32)
    assert (scores.shape, scores.dtype) == ((2, 3), tf.float32)


def test_the_first_of_equal_tags_wins() -> None:
    zeros = np.zeros((1, 3, 4), np.float32)
    tags, scores = viterbi(zeros, np.array([3]), zeros[0, :1] + np.zeros((4, 1), np.float32))
    np.testing.assert_array_equal(tags, [[0, 0, 0]])
    np.testing.assert_allclose(scores, [[0.25, 0.25, 0.25]])


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(2, 7), st.integers(1, 5), st.integers(1, 5)),
    padding=st.integers(1, 4),
)
def test_padding_changes_nothing(seed: int, shape: tuple[int, int, int], padding: int) -> None:
    logits, lengths, transitions = random_case(seed, *shape)
    more = np.random.default_rng(seed).normal(size=(shape[0], padding, shape[2])) * 50
    padded = np.concatenate([logits, more.astype(np.float32)], axis=1)
    tags, scores = viterbi(padded, lengths, transitions)
    expected_tags, expected_scores = viterbi(logits, lengths, transitions)
    np.testing.assert_array_equal(tags[:, : shape[1]], expected_tags)
    np.testing.assert_allclose(scores[:, : shape[1]], expected_scores, atol=1e-6)
    assert not tags[:, shape[1] :].numpy().any()
    assert not scores[:, shape[1] :].numpy().any()


def test_a_graph_gives_what_eager_gives() -> None:
    case = random_case(seed=5, batch=9, time=7, tags=6)
    signature = [
        tf.TensorSpec([None, None, 6]),
        tf.TensorSpec([None], tf.int32),
        tf.TensorSpec([6, 6]),
    ]
    tags, scores = tf.function(viterbi, input_signature=signature)(*case)
    expected_tags, expected_scores = viterbi(*case)
    np.testing.assert_array_equal(tags, expected_tags)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-6)
