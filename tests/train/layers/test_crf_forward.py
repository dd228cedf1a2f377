"""The CRF's likelihood and gradients, against all paths and against log-sum-exp in float64."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from onnlu_train.layers.crf_forward import TRANSITION_RANGE, log_likelihood

Case = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def random_case(seed: int, batch: int, time: int, tags: int) -> Case:
    """Logits, tag ids, lengths that go round from 0 to `time`, and transitions."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(batch, time, tags)).astype(np.float32) * 2
    tag_ids = rng.integers(0, tags, (batch, time)).astype(np.int32)
    lengths = (np.arange(batch) % (time + 1)).astype(np.int32)
    transitions = rng.normal(size=(tags, tags)).astype(np.float32)
    return logits, tag_ids, lengths, transitions


def over_all_paths(case: Case) -> np.ndarray:
    """Log likelihood by enumeration."""
    logits, tag_ids, lengths, transitions = case
    result = np.zeros(len(logits))
    for row, length in enumerate(lengths):
        if not length:
            continue

        def score(path: tuple[int, ...], row: int = row) -> float:
            unary = sum(float(logits[row, step, tag]) for step, tag in enumerate(path))
            return unary + sum(float(transitions[pair]) for pair in itertools.pairwise(path))

        paths = itertools.product(range(logits.shape[-1]), repeat=int(length))
        weights = [np.exp(score(path)) for path in paths]
        result[row] = score(tuple(tag_ids[row, :length])) - np.log(sum(weights))
    return result


def log_sum_exp_reference(
    logits: tf.Tensor, tag_ids: np.ndarray, lengths: np.ndarray, transitions: tf.Tensor
) -> tf.Tensor:
    """Log likelihood in float64, step by step, differentiable."""
    rows = []
    for row, length in enumerate(lengths):
        if not length:
            rows.append(tf.constant(0.0, tf.float64))
            continue
        tags = tag_ids[row]
        alpha, score = logits[row, 0], logits[row, 0, tags[0]]
        for step in range(1, length):
            arriving = tf.reduce_logsumexp(alpha[:, tf.newaxis] + transitions, axis=0)
            alpha = arriving + logits[row, step]
            score += transitions[tags[step - 1], tags[step]] + logits[row, step, tags[step]]
        rows.append(score - tf.reduce_logsumexp(alpha))
    return tf.stack(rows)


def value_and_gradients(case: Case, *, reference: bool = False) -> tuple[np.ndarray, ...]:
    """Log likelihoods, and the gradients of their weighted sum."""
    logits, tag_ids, lengths, transitions = case
    dtype = tf.float64 if reference else tf.float32
    logits, transitions = tf.constant(logits, dtype), tf.constant(transitions, dtype)
    with tf.GradientTape() as tape:
        tape.watch([logits, transitions])
        function = log_sum_exp_reference if reference else log_likelihood
        value = function(logits, tag_ids, lengths, transitions)
        total = tf.reduce_sum(value * tf.range(1, len(lengths) + 1, dtype=dtype))
    gradients = tape.gradient(
        total, [logits, transitions], unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return value.numpy(), *(tf.convert_to_tensor(gradient).numpy() for gradient in gradients)


@pytest.mark.parametrize("time", [1, 2, 3, 4])
def test_it_is_the_share_of_the_true_path_among_all_paths(time: int) -> None:
    case = random_case(seed=time, batch=12, time=time, tags=3)
    np.testing.assert_allclose(log_likelihood(*case), over_all_paths(case), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("time", "tags"), [(1, 2), (2, 5), (7, 1), (9, 4), (30, 13)])
def test_gradients_are_those_of_log_sum_exp(time: int, tags: int) -> None:
    case = random_case(seed=tags, batch=6, time=time, tags=tags)
    for ours, reference in zip(
        value_and_gradients(case), value_and_gradients(case, reference=True), strict=True
    ):
        np.testing.assert_allclose(ours, reference, rtol=1e-4, atol=1e-4)


def test_a_row_of_length_zero_has_no_likelihood_and_no_gradient() -> None:
    logits, tag_ids, _, transitions = random_case(seed=0, batch=2, time=3, tags=4)
    value, *gradients = value_and_gradients((logits, tag_ids, np.array([0, 0]), transitions))
    assert not value.any()
    assert not any(gradient.any() for gradient in gradients)


def test_large_logits_lose_no_digits() -> None:
    logits, tag_ids, lengths, transitions = random_case(seed=3, batch=8, time=12, tags=5)
    logits[:, :, 2] += 1e4
    logits[:, 5, 4] += 1e4
    logits[:, 7] -= 1e4
    tag_ids[:, :] = 2
    case = logits, tag_ids, lengths, transitions
    for ours, reference in zip(
        value_and_gradients(case), value_and_gradients(case, reference=True), strict=True
    ):
        np.testing.assert_allclose(ours, reference, rtol=1e-4, atol=1e-4)


def test_transitions_may_be_all_but_forbidden() -> None:
    logits, tag_ids, lengths, transitions = random_case(seed=4, batch=8, time=10, tags=6)
    tag_ids %= 3
    transitions[:3, 3:] = -1e4
    transitions[3:, :3] = -1e4
    case = logits, tag_ids, lengths, transitions
    for ours, reference in zip(
        value_and_gradients(case), value_and_gradients(case, reference=True), strict=True
    ):
        np.testing.assert_allclose(ours, reference, rtol=1e-4, atol=1e-4)


def test_a_transition_far_below_the_largest_counts_as_if_in_range() -> None:
    logits = np.array([[[0, -200], [-200, 0]]], np.float32)
    transitions = np.array([[0, -1000], [0, 0]], np.float32)
    value = log_likelihood(logits, np.array([[0, 0]]), np.array([2]), transitions)
    # Of the four paths 0-1 weighs most now: exp(-30), where 0-0 has exp(-200).
    np.testing.assert_allclose(value, [-200 + TRANSITION_RANGE], rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(2, 7), st.integers(1, 5), st.integers(1, 5)),
)
def test_extreme_scores_are_finite_and_exact_up_to_the_range(
    seed: int, shape: tuple[int, int, int]
) -> None:
    logits, tag_ids, lengths, transitions = random_case(seed, *shape)
    rng = np.random.default_rng(seed)
    shifts = np.array([-1e4, -80, -40, 0, 0, 40, 80, 1e4], np.float32)
    logits += rng.choice(shifts, logits.shape)
    transitions += rng.choice(shifts, transitions.shape)
    value, *gradients = value_and_gradients((logits, tag_ids, lengths, transitions))
    assert np.isfinite(value).all()
    clipped = np.maximum(transitions, transitions.max() - np.float32(TRANSITION_RANGE))
    case = logits, tag_ids, lengths, clipped
    expected = value_and_gradients(case, reference=True)[1:]
    for gradient, exact in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(gradient, exact, atol=2e-2)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(2, 7), st.integers(1, 5), st.integers(1, 5)),
    padding=st.integers(1, 4),
)
def test_padding_changes_nothing(seed: int, shape: tuple[int, int, int], padding: int) -> None:
    logits, tag_ids, lengths, transitions = random_case(seed, *shape)
    rng = np.random.default_rng(seed)
    more = (shape[0], padding, shape[2])
    longer = np.concatenate([logits, rng.normal(size=more).astype(np.float32) * 50], axis=1)
    more_tags = rng.integers(0, shape[2], more[:2]).astype(np.int32)
    padded = longer, np.concatenate([tag_ids, more_tags], axis=1), lengths, transitions
    value, d_logits, d_transitions = value_and_gradients((logits, tag_ids, lengths, transitions))
    value_2, d_logits_2, d_transitions_2 = value_and_gradients(padded)
    np.testing.assert_allclose(value_2, value, atol=1e-5)
    np.testing.assert_allclose(d_logits_2[:, : shape[1]], d_logits, atol=1e-5)
    assert not d_logits_2[:, shape[1] :].any()
    np.testing.assert_allclose(d_transitions_2, d_transitions, atol=1e-4)


def test_a_graph_gives_what_eager_gives() -> None:
    case = random_case(seed=8, batch=7, time=6, tags=4)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, 4]),
            tf.TensorSpec([None, None], tf.int32),
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([4, 4]),
        ]
    )
    def traced(
        logits: tf.Tensor, tag_ids: tf.Tensor, lengths: tf.Tensor, transitions: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            tape.watch([logits, transitions])
            value = log_likelihood(logits, tag_ids, lengths, transitions)
            total = tf.reduce_sum(value * tf.range(1, 8, dtype=tf.float32))
        return value, *tape.gradient(total, [logits, transitions])

    for graph, eager in zip(traced(*case), value_and_gradients(case), strict=True):
        np.testing.assert_allclose(graph, eager, atol=1e-5)


MEMORY_SCRIPT = """
from pathlib import Path
import tensorflow as tf
from onnlu_train.layers.crf_forward import log_likelihood

def kib(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))

@tf.function(reduce_retracing=True)
def gradients(logits, tag_ids, lengths, transitions):
    with tf.GradientTape() as tape:
        tape.watch([logits, transitions])
        total = tf.reduce_sum(log_likelihood(logits, tag_ids, lengths, transitions))
    return tape.gradient(total, [logits, transitions])

tags = 470
transitions = tf.random.normal([tags, tags])
before = kib("VmRSS")
for batch, time in ((2, 3), (64, 46)):
    logits = tf.random.normal([batch, time, tags])
    zeros = tf.zeros([batch, time], tf.int32)
    gradients(logits, zeros, tf.fill([batch], time), transitions)
print((kib("VmHWM") - before) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux' peak memory")
def test_470_tags_need_no_pairs_of_tags_per_step() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEMORY_SCRIPT], capture_output=True, text=True, check=True
    )
    pairs_per_step = 64 * 45 * 470 * 470 * 4 // 2**20
    assert int(done.stdout) < 400 < pairs_per_step
