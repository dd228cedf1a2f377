"""Behaviour of `RasaModelData`, `add_features`, `sort`, `split` (behaviour.md 3.1)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_train.model_data.feature_array import DenseArray, RaggedArray
from onnlu_train.model_data.rasa_model_data import RasaModelData


def labelled(label_ids: list[int]) -> RasaModelData:
    data = RasaModelData("label", "ids")
    data.add_features("label", "ids", [DenseArray(np.array(label_ids, np.int32))])
    data.add_features("text", "number", [DenseArray(np.arange(len(label_ids)))])
    return data


def numbers(data: RasaModelData) -> list[int]:
    return data.get("text", "number")[0].batch(np.arange(data.number_of_examples))[0].tolist()


def test_arrays_of_different_lengths_are_refused():
    data = labelled([0, 1])
    with pytest.raises(ValueError, match=r"text\.extra has 3 examples, the data 2"):
        data.add_features("text", "extra", [DenseArray(np.arange(3))])


def test_arrays_of_different_lengths_are_refused_by_the_constructor():
    arrays = {"a": [DenseArray(np.arange(3))], "b": [DenseArray(np.arange(2))]}
    with pytest.raises(ValueError, match=r"text\.b has 2 examples, the data 3"):
        RasaModelData(data={"text": arrays})


def test_empty_arrays_leave_no_trace():
    data = RasaModelData()
    data.add_features("text", "number", [DenseArray(np.arange(0))])
    assert data.is_empty()
    assert data.number_of_examples == 0
    assert data.get("text", "number") == []


def test_an_unknown_key_has_no_arrays():
    assert labelled([0]).get("nobody", "nothing") == []


def test_sorted_keys_fix_the_order_of_the_tensors():
    data = RasaModelData()
    for key, sub_key, value in (("z", "b", 1), ("z", "a", 2), ("a", "c", 3)):
        data.add_features(key, sub_key, [DenseArray(np.array([value]))])
    data.sort()
    assert [tensor.tolist() for tensor in data.batch(np.array([0]))] == [[3], [2], [1]]


def test_the_first_example_alone():
    data = labelled([4, 5])
    first = data.first_data_example()
    assert (first.number_of_examples, numbers(first)) == (1, [0])
    assert first.label_ids().tolist() == [4]
    assert first.signature() == data.signature()


def test_label_ids_need_a_number_an_example():
    assert labelled([3, 1]).label_ids().tolist() == [3, 1]
    assert RasaModelData().label_ids() is None
    assert RasaModelData("label", "ids").label_ids() is None
    ragged = RaggedArray.from_matrices([np.ones((1, 1), np.int32)])
    assert RasaModelData("l", "ids", {"l": {"ids": [ragged]}}).label_ids() is None


def test_a_split_shares_the_test_examples_out_by_label():
    data = labelled([0] * 40 + [1] * 20 + [2] * 4)
    train, test = data.split(16, random_seed=0)
    assert np.bincount(test.label_ids()).tolist() == [10, 5, 1]
    assert np.bincount(train.label_ids()).tolist() == [30, 15, 3]


def test_a_label_with_one_example_stays_in_training():
    train, test = labelled([0] * 6 + [1] + [2] * 6).split(4, random_seed=0)
    assert 1 not in test.label_ids()
    assert 1 in train.label_ids()


@given(st.lists(st.integers(0, 3), min_size=3, max_size=40), st.data())
def test_a_split_loses_and_repeats_nothing(label_ids: list[int], data: st.DataObject):
    counts = np.bincount(label_ids)
    smallest = int((counts > 1).sum())
    largest = len(label_ids) - int((counts > 0).sum()) - 1
    if smallest > largest:
        return
    wanted = data.draw(st.integers(smallest, largest))
    train, test = labelled(label_ids).split(wanted, random_seed=1)
    assert test.number_of_examples == wanted
    assert sorted(numbers(train) + numbers(test)) == list(range(len(label_ids)))
    assert set(train.label_ids()) == set(label_ids)
    assert set(test.label_ids()) == set(np.flatnonzero(counts > 1))


def test_a_split_follows_its_seed():
    data = labelled([0, 1] * 20)
    assert numbers(data.split(10, 3)[1]) == numbers(data.split(10, 3)[1])
    assert numbers(data.split(10, 3)[1]) != numbers(data.split(10, 4)[1])


def test_a_split_without_labels_is_plain():
    data = RasaModelData()
    data.add_features("text", "number", [DenseArray(np.arange(10))])
    train, test = data.split(3, random_seed=0)
    assert (train.number_of_examples, test.number_of_examples) == (7, 3)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [(1, "at least one a label"), (4, "too few to train on"), (9, "too few to train on")],
)
def test_impossible_splits_are_refused(wanted: int, message: str):
    with pytest.raises(ValueError, match=message):
        labelled([0, 0, 0, 1, 1, 1]).split(wanted, random_seed=0)
