"""Behaviour of batches: sizes, order, balance (behaviour.md 3.1 `balanced_data`, 3.3)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_train.model_data.batches import batch_size_of_epoch, epoch_of_batches
from onnlu_train.model_data.feature_array import DenseArray
from onnlu_train.model_data.rasa_model_data import RasaModelData


def labelled(label_ids: list[int]) -> RasaModelData:
    data = RasaModelData("label", "ids")
    data.add_features("label", "ids", [DenseArray(np.array(label_ids, np.int32))])
    return data


def batches(label_ids: list[int], size: int, seed: int = 0, **options: bool) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [b.tolist() for b in epoch_of_batches(labelled(label_ids), size, rng, **options)]


# 3.3 "batch size"
@pytest.mark.parametrize(
    ("size", "epochs", "expected"),
    [
        (32, 3, [32, 32, 32]),
        ([64, 256], 4, [64, 128, 192, 256]),
        ([64, 256], 1, [64]),
        ([2, 3], 3, [2, 2, 3]),
        ([10, 20], 4, [10, 13, 16, 20]),
    ],
)
def test_the_table_of_batch_sizes(size: int | list[int], epochs: int, expected: list[int]):
    assert [batch_size_of_epoch(size, epoch, epochs) for epoch in range(epochs)] == expected


# 3.3 "number of batches"
@pytest.mark.parametrize(
    ("examples", "size", "dropped", "expected"),
    [
        (10, 4, False, [4, 4, 2]),
        (10, 4, True, [4, 4, 2]),
        (9, 4, True, [4, 4]),
        (9, 4, False, [4, 4, 1]),
        (10, 8, True, [8]),
        (12, 8, True, [8, 4]),
        (3, 8, True, [3]),
        (8, 4, True, [4, 4]),
    ],
)
def test_the_last_batch_is_dropped_when_less_than_half_full(
    examples: int, size: int, dropped: bool, expected: list[int]
):
    found = batches([0] * examples, size, balanced=False, drop_small_last_batch=dropped)
    assert [len(batch) for batch in found] == expected


@given(st.integers(1, 30), st.integers(1, 10), st.integers(0, 5))
def test_an_unbalanced_epoch_is_a_permutation(examples: int, size: int, seed: int):
    found = batches([0, 1] * examples, size, seed, balanced=False)
    assert sorted(i for batch in found for i in batch) == list(range(2 * examples))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(1, 16), st.integers(0, 5))
def test_every_example_appears_in_a_balanced_epoch(labels: list[int], size: int, seed: int):
    found = batches(labels, size, seed)
    assert {i for batch in found for i in batch} == set(range(len(labels)))


def test_each_label_gives_its_share_of_a_batch_rounded_up_in_every_round():
    labels = np.array([0] * 60 + [1] * 30 + [2] * 10)
    order = labels[[i for batch in batches(labels.tolist(), 20) for i in batch]]
    share = [13, 7, 3]
    for number in range(3):
        one_round = order[number * sum(share) : (number + 1) * sum(share)]
        assert np.bincount(one_round).tolist() == share
        assert len([1 for a, b in pairwise(one_round) if a != b]) == 2


def test_the_order_of_the_labels_differs_from_round_to_round():
    labels = np.array([0] * 60 + [1] * 30 + [2] * 10)
    order = labels[[i for batch in batches(labels.tolist(), 20, seed=1) for i in batch]]
    assert len({order[start] for start in range(0, 69, 23)}) > 1


def test_a_batch_of_even_labels_holds_all_of_them():
    labels = np.arange(4).repeat(25)
    for batch in batches(labels.tolist(), 16)[:4]:
        # A share is 5 of 16: a batch lacks at most one part of one round.
        assert (np.bincount(labels[batch], minlength=4) > 0).sum() >= 3


def test_rare_labels_are_repeated():
    labels = [0] * 100 + [1] * 2
    flat = [i for batch in batches(labels, 10) for i in batch]
    assert flat.count(100) > 1
    assert flat.count(101) > 1


def test_data_without_labels_is_not_balanced():
    data = RasaModelData()
    data.add_features("text", "number", [DenseArray(np.arange(9))])
    found = [b.tolist() for b in epoch_of_batches(data, 4, np.random.default_rng(0))]
    assert sorted(i for batch in found for i in batch) == list(range(9))


@pytest.mark.parametrize("balanced", [True, False])
def test_the_order_follows_the_generator(balanced: bool):
    labels = [0, 1, 2] * 10
    assert batches(labels, 4, 5, balanced=balanced) == batches(labels, 4, 5, balanced=balanced)
    assert batches(labels, 4, 5, balanced=balanced) != batches(labels, 4, 6, balanced=balanced)


def test_one_generator_gives_each_epoch_an_order_of_its_own():
    rng, data = np.random.default_rng(0), labelled([0, 1] * 10)
    first, second = (
        [b.tolist() for b in epoch_of_batches(data, 4, rng, balanced=False)] for _ in range(2)
    )
    assert first != second


def texts(lengths: list[int], label_ids: list[int]) -> RasaModelData:
    data = labelled(label_ids)
    data.add_features("text", "lengths", [DenseArray(np.array(lengths, np.int64))])
    return data


def padded_share(found: list[np.ndarray], lengths: np.ndarray) -> float:
    return sum(len(b) * lengths[b].max() for b in found) / sum(lengths[b].sum() for b in found)


def test_texts_of_similar_length_come_into_one_batch():
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 30, 800)
    data = texts(lengths.tolist(), rng.integers(0, 4, 800).tolist())
    sorted_ones = list(epoch_of_batches(data, 20, np.random.default_rng(1)))
    mixed = list(epoch_of_batches(data, 20, np.random.default_rng(1), similar_length=False))
    assert padded_share(mixed, lengths) > 1.7
    assert padded_share(sorted_ones, lengths) < 1.2
    assert np.array_equal(
        np.bincount(np.concatenate(sorted_ones)), np.bincount(np.concatenate(mixed))
    )


def test_long_texts_do_not_always_come_last():
    lengths = np.arange(1, 201)
    data = texts(lengths.tolist(), [0, 1] * 100)
    orders = [
        [lengths[b].max() for b in epoch_of_batches(data, 10, np.random.default_rng(seed))]
        for seed in range(3)
    ]
    assert len({order.index(200) for order in orders}) > 1


def test_batches_of_similar_length_have_the_labels_shares_of_batches_that_are_not():
    rng = np.random.default_rng(0)
    labels = rng.choice(4, 2000, p=[0.4, 0.3, 0.2, 0.1])
    data = texts(rng.integers(1, 30, 2000).tolist(), labels.tolist())

    def spread(similar_length: bool) -> np.ndarray:
        found = epoch_of_batches(data, 50, np.random.default_rng(3), similar_length=similar_length)
        shares = [np.bincount(labels[b], minlength=4) / len(b) for b in found]
        return np.std(shares, axis=0).mean()

    assert spread(True) < 1.2 * spread(False)
