"""The original's confidences of tags, by the formula of behaviour.md 3.7 ("confidence defect")."""

from __future__ import annotations

import numpy as np
import pytest

from onnlu_train.layers.viterbi import viterbi

TAGS = 4


def softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def by_formula(
    logits: np.ndarray, tags: np.ndarray, lengths: np.ndarray, transitions: np.ndarray
) -> np.ndarray:
    """Confidences in double precision, step by step."""
    confidences = np.zeros(tags.shape)
    for row, length in enumerate(lengths):
        best = logits[row].astype(float)
        for step in range(1, length):
            best[step] += (best[step - 1][:, None] + transitions).max(axis=0)
        for step in reversed(range(length)):
            scores = best[step]
            if step == length - 2:
                scores = scores + transitions[:, tags[row, length - 1]]
            elif step < length - 2:
                # Cut off to a whole number, as float32 has it.
                scores = scores + transitions[:, int(np.float32(confidences[row, step + 1]))]
            confidences[row, step] = softmax(scores).max()
    return confidences


def case(seed: int, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(40, 6, TAGS)).astype(np.float32) * np.float32(scale)
    lengths = (np.arange(40) % 7).astype(np.int32)
    return logits, lengths, rng.normal(size=(TAGS, TAGS)).astype(np.float32)


# At a scale of 30 some confidences are 1.0, and the next tag counts as 1.
@pytest.mark.parametrize("scale", [2.0, 30.0])
def test_confidences_follow_the_formula_of_the_original(scale: float):
    logits, lengths, transitions = case(3, scale)
    tags, scores = viterbi(logits, lengths, transitions, rasa_compat=True)
    expected = by_formula(logits, tags.numpy(), lengths, transitions)
    # Scores of paths are up to 200, of which float32 keeps no more than 1e-5.
    np.testing.assert_allclose(scores, expected, atol=1e-4)
    certain = [
        (expected[row, 1:length] == 1).any() for row, length in enumerate(lengths) if length > 2
    ]
    assert any(certain) == (scale > 2)


def test_only_confidences_before_the_last_two_differ():
    logits, lengths, transitions = case(1, 2.0)
    tags, scores = viterbi(logits, lengths, transitions)
    compat_tags, compat_scores = viterbi(logits, lengths, transitions, rasa_compat=True)
    np.testing.assert_array_equal(tags, compat_tags)
    steps = np.arange(6)
    late = steps >= lengths[:, None] - 2
    np.testing.assert_allclose(scores.numpy()[late], compat_scores.numpy()[late], atol=1e-6)
    assert np.abs(scores - compat_scores).max() > 0.1


def test_two_tags_that_are_best_alike_are_no_certainty():
    logits = np.zeros((1, 3, TAGS), np.float32)
    logits[0, :, 2:] = 50.0
    transitions = np.zeros((TAGS, TAGS), np.float32)
    transitions[:, 1] = 9.0
    tags, scores = viterbi(logits, np.array([3], np.int32), transitions, rasa_compat=True)
    expected = by_formula(logits, tags.numpy(), np.array([3]), transitions)
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    np.testing.assert_allclose(scores, [[0.5, 0.5, 0.5]], atol=1e-5)
