"""Models take wider features and forget nothing (behaviour.md 1.2, kernel growth)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from onnlu.decoding.tags import TagSpec
from onnlu.sparse import SparseMatrix
from onnlu_engine.errors import InvalidDataException
from onnlu_train.components.diet_config import DEFAULTS
from onnlu_train.model_data.feature_array import DenseArray, FeatureArray, RaggedArray, SparseArray
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.models.diet import DIET
from onnlu_train.models.outputs import flattened
from onnlu_train.training import TrainingOptions
from onnlu_train.training.loop import train_model

CONFIG = {
    **DEFAULTS,
    "transformer_size": 8,
    "number_of_attention_heads": 2,
    "number_of_transformer_layers": 0,
    "dense_dimension": {"text": 8, "label": 8},
    "concat_dimension": {"text": 8, "label": 8},
    "embedding_dimension": 4,
    "random_seed": 1,
}
TYPES = [TagSpec("entity", ("O", "city"), bilou=False)]
LENGTHS = np.array([3, 1, 4, 2, 2, 3])
LABEL_IDS = np.array([0, 1, 0, 2, 1, 2], np.int32)

Sizes = dict[str, dict[str, list[int]]]
BEFORE: Sizes = {
    "text": {"sequence": [2, 5, 3], "sentence": [5, 3]},
    "label": {"sequence": [4]},
}
# In the middle, at the end, and by a featurizer that gave nothing.
AFTER: Sizes = {
    "text": {"sequence": [2, 9, 4], "sentence": [9, 4]},
    "label": {"sequence": [6]},
}

SEQUENCE_KERNEL = "text.features.sequence.sparse_to_dense/kernel"


def sparse(
    sizes: Sequence[int], known: Sequence[int], rows: Sequence[int], novel: bool = False
) -> SparseArray:
    """Random features of the known columns of each featurizer, where those stand now.

    With `novel` every row has all the other columns too.
    """
    rng = np.random.default_rng(0)
    starts = np.cumsum(sizes) - sizes
    columns = np.concatenate([start + np.arange(n) for start, n in zip(starts, known, strict=True)])
    new = np.setdiff1d(np.arange(sum(sizes)), columns) if novel else []
    chosen = [
        [sorted([*columns[rng.random(len(columns)) < 0.5].tolist(), *new]) for _ in range(count)]
        for count in rows
    ]
    matrices = [SparseMatrix.from_row_columns(row, sum(sizes)) for row in chosen]
    return SparseArray.from_matrices(matrices)


def examples(
    sizes: Sizes, known: Sizes = BEFORE, dense: int = 0, novel: bool = False
) -> RasaModelData:
    data = RasaModelData("label", "ids")
    data.add_features("text", "lengths", [DenseArray(LENGTHS)])
    for kind, rows in (("sequence", LENGTHS), ("sentence", np.ones_like(LENGTHS))):
        array = sparse(sizes["text"][kind], known["text"][kind], rows, novel)
        arrays: list[FeatureArray] = [array]
        if dense:
            vectors = np.random.default_rng(1).random((rows.sum(), dense), np.float32)
            arrays.append(RaggedArray(vectors, rows))
        data.add_features("text", kind, arrays)
    data.add_features("label", "ids", [DenseArray(LABEL_IDS)])
    tags = np.arange(LENGTHS.sum(), dtype=np.int32)[:, None] % 2
    data.add_features("entities", "entity", [RaggedArray(tags, LENGTHS)])
    data.sort()
    return data


def labels(sizes: Sizes, known: Sizes = BEFORE) -> RasaModelData:
    rows = np.array([2, 1, 1])
    data = RasaModelData()
    data.add_features("label", "lengths", [DenseArray(rows)])
    matrices = sparse(sizes["label"]["sequence"], known["label"]["sequence"], rows)
    data.add_features("label", "sequence", [matrices])
    data.sort()
    return data


def trained(dense: int = 0, **changed: Any) -> DIET:
    data = examples(BEFORE, dense=dense)
    model = DIET({**CONFIG, **changed}, data.signature(), labels(BEFORE), TYPES)
    train_model(model, data, TrainingOptions(epochs=2, batch_size=3))
    return model


def outputs(model: DIET, data: RasaModelData) -> dict[str, np.ndarray]:
    texts = RasaModelData(data={"text": data.data["text"]})
    return flattened(model.run_inference(texts, 4))


def assert_equal(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> None:
    assert first.keys() == second.keys()
    for name, values in first.items():
        np.testing.assert_allclose(values, second[name], atol=1e-6, rtol=0, err_msg=name)


@pytest.fixture(scope="module")
def learned() -> DIET:
    return trained()


@pytest.fixture(scope="module")
def predicted(learned: DIET) -> dict[str, np.ndarray]:
    return outputs(learned, examples(BEFORE))


@pytest.fixture
def model(learned: DIET) -> DIET:
    """The trained model, to be changed."""
    copy = DIET(learned.config, learned.data_signature, labels(BEFORE), TYPES)
    copy.assign_weights(learned.weights_by_name())
    return copy


def test_texts_are_predicted_as_before_though_features_have_grown_in_the_middle(
    model: DIET, predicted: dict[str, np.ndarray]
):
    data = examples(AFTER)
    model.adjust_for_incremental_training(data.data, AFTER, BEFORE, labels(AFTER))
    assert_equal(outputs(model, data), predicted)


def test_new_features_mean_nothing_before_they_are_trained(
    model: DIET, predicted: dict[str, np.ndarray]
):
    outputs(model, examples(BEFORE))  # a traced prediction must not outlive the old width
    model.adjust_for_incremental_training(examples(AFTER).data, AFTER, BEFORE, labels(AFTER))
    data = examples(AFTER, novel=True)
    assert_equal(outputs(model, data), predicted)


def test_old_rows_of_every_kernel_stand_where_their_featurizer_is(learned: DIET, model: DIET):
    before = learned.weights_by_name()
    model.adjust_for_incremental_training(examples(AFTER).data, AFTER, BEFORE, labels(AFTER))
    after = model.weights_by_name()
    assert before.keys() == after.keys()
    grown = {name for name in before if before[name].shape != after[name].shape}
    assert grown == {
        f"{layer}.sparse_to_dense/kernel"
        for layer in ("text.features.sequence", "text.features.sentence", "label.sequence")
    }
    old, new = before[SEQUENCE_KERNEL], after[SEQUENCE_KERNEL]
    np.testing.assert_array_equal(new[:7], old[:7])
    np.testing.assert_array_equal(new[11:14], old[7:10])
    assert not new[7:11].any()
    assert not new[14:].any()
    for name in before.keys() - grown:
        np.testing.assert_array_equal(after[name], before[name], err_msg=name)


def test_new_features_are_learnt_and_those_that_do_not_occur_stay(model: DIET):
    model.adjust_for_incremental_training(examples(AFTER).data, AFTER, BEFORE, labels(AFTER))
    data = examples(AFTER, known={**AFTER, "text": {"sequence": [0, 9, 3], "sentence": [9, 3]}})
    before = model.weights_by_name()[SEQUENCE_KERNEL]
    train_model(model, data, TrainingOptions(epochs=1, batch_size=3))
    after = model.weights_by_name()[SEQUENCE_KERNEL]
    assert after[7:11].any(axis=1).all()
    np.testing.assert_array_equal(after[:2], before[:2])
    assert not after[14:].any()


def test_a_masked_language_model_and_dense_features_stay():
    options = {"use_masked_language_model": True, "number_of_transformer_layers": 1}
    model = trained(dense=4, **options)
    predicted = outputs(model, examples(BEFORE, dense=4))
    data = examples(AFTER, dense=4)
    model.adjust_for_incremental_training(data.data, AFTER, BEFORE, labels(AFTER))
    assert_equal(outputs(model, data), predicted)
    train_model(model, data, TrainingOptions(epochs=1, batch_size=3))


def test_layers_that_labels_share_with_texts_grow_once():
    before: Sizes = {"text": {"sequence": [5], "sentence": [5]}, "label": {"sequence": [5]}}
    after: Sizes = {"text": {"sequence": [8], "sentence": [8]}, "label": {"sequence": [8]}}
    data = examples(before, before)
    config = {**CONFIG, "share_hidden_layers": True}
    model = DIET(config, data.signature(), labels(before, before), TYPES)
    train_model(model, data, TrainingOptions(epochs=1, batch_size=3))
    predicted = outputs(model, data)
    wider = examples(after, before)
    model.adjust_for_incremental_training(wider.data, after, before, labels(after, before))
    assert_equal(outputs(model, wider), predicted)


def test_nothing_changes_where_nothing_grew(learned: DIET, model: DIET):
    model.adjust_for_incremental_training(examples(BEFORE).data, BEFORE, BEFORE)
    before, after = learned.weights_by_name(), model.weights_by_name()
    assert list(before) == list(after)
    assert all(np.array_equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize(
    ("sizes", "named"),
    [
        ({**BEFORE, "text": {"sequence": [2, 4, 3], "sentence": [5, 3]}}, "text.sequence"),
        ({**BEFORE, "text": {"sequence": [2, 5, 3], "sentence": [8]}}, "text.sentence"),
        ({"text": BEFORE["text"]}, "label.sequence"),
    ],
    ids=["a smaller featurizer", "a featurizer less", "no features of labels"],
)
def test_fewer_columns_are_refused_and_change_nothing(
    learned: DIET, model: DIET, sizes: Sizes, named: str
):
    with pytest.raises(InvalidDataException, match=f"{named} had"):
        model.adjust_for_incremental_training(examples(BEFORE).data, sizes, BEFORE)
    before, after = learned.weights_by_name(), model.weights_by_name()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_dense_features_of_another_width_are_refused():
    model = trained(dense=4)
    data = examples(AFTER, dense=6)
    with pytest.raises(InvalidDataException, match=r"dense of width 4, is .*dense of width 6"):
        model.adjust_for_incremental_training(data.data, AFTER, BEFORE)


def test_sparse_features_where_there_were_none_are_refused(model: DIET):
    data = examples(BEFORE)
    del data.data["text"]["sentence"]
    with pytest.raises(InvalidDataException, match=r"text\.sentence was .*, is missing"):
        model.adjust_for_incremental_training(data.data, BEFORE, BEFORE)
