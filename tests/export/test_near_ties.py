"""A decision may differ only where the reference hardly prefers its own (findings.md 21)."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from onnlu.tolerance import Tolerance
from onnlu_export.near_ties import NearTies, never_tied, path_score
from onnlu_export.parity import exported_batch, random_data
from onnlu_export.trace import scored_tags


def test_the_score_of_a_path_is_the_sum_of_its_tags_and_steps():
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((3, 2)).astype(np.float32)
    transitions = rng.standard_normal((2, 2)).astype(np.float32)
    for path in itertools.product(range(2), repeat=3):
        expected = float(logits[0, path[0]])
        for step in (1, 2):
            expected += float(transitions[path[step - 1], path[step]] + logits[step, path[step]])
        assert path_score(logits, transitions, np.array(path)) == pytest.approx(expected, rel=1e-6)
    assert path_score(logits, transitions, np.array([], np.int64)) == 0.0


@pytest.fixture
def inputs(diet: Any) -> Any:
    return exported_batch(random_data(diet, 1, 4, np.random.default_rng(0)))


def second_best(diet: Any, inputs: Any) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the best tags, the next best ones, and by how much they are worse: brute force."""
    logits, _, transitions = scored_tags(diet, inputs)["entity.tags"]
    tags = range(transitions.shape[0])
    paths = sorted(
        itertools.product(tags, repeat=3),
        key=lambda path: -path_score(logits[0], transitions, np.array(path)),
    )
    best, second = (np.array(path, np.int32) for path in paths[:2])
    margin = path_score(logits[0], transitions, best) - path_score(logits[0], transitions, second)
    return best, second, margin


@pytest.fixture
def three_tokens(diet: Any) -> Any:
    return exported_batch(random_data(diet, 1, 3, np.random.default_rng(0)))


def test_a_tie_is_excused_and_a_clear_difference_is_not(diet: Any, three_tokens: Any):
    best, second, margin = second_best(diet, three_tokens)
    assert margin > 1e-6
    # 2 x tolerance x 3 tokens is what a tie may be apart.
    wide, narrow = Tolerance(atol=margin / 5, rtol=0.0), Tolerance(atol=margin / 7, rtol=0.0)
    tied = NearTies(diet, wide).in_batch(three_tokens)
    assert tied("entity.tags", 0, second, best)
    apart = NearTies(diet, narrow).in_batch(three_tokens)
    assert not apart("entity.tags", 0, second, best)


def test_equal_scores_always_tie(diet: Any, three_tokens: Any):
    best, _, _ = second_best(diet, three_tokens)
    judge = NearTies(diet, Tolerance()).in_batch(three_tokens)
    assert judge("entity.tags", 0, best, best)


def test_tags_that_depend_on_other_tags_are_never_excused_alone(diet: Any, three_tokens: Any):
    judge = NearTies(diet, Tolerance(atol=1e9)).in_batch(three_tokens)
    best, second, _ = second_best(diet, three_tokens)
    assert judge("entity.tags", 0, second, best)
    assert not judge("role.tags", 0, np.array([1, 0, 0]), np.array([0, 0, 0]))


def test_only_tags_can_tie(diet: Any, inputs: Any):
    judge = NearTies(diet, Tolerance(atol=1e9)).in_batch(inputs)
    assert not judge("choice.id", 0, np.array(1), np.array(2))


def test_nothing_ties_where_nothing_may():
    assert not never_tied("any", 0, np.array(1), np.array(1))
