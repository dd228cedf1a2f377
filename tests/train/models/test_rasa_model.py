"""Behaviour of `RasaModel`, member by member (behaviour.md 1.1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import load_file, save_file

from onnlu.bags import Blocks, padded_bags
from onnlu.sparse import SparseMatrix
from onnlu_engine.errors import CorruptModelException, OnnluException
from onnlu_train.layers.sparse_to_dense import PaddedBags
from onnlu_train.model_data.feature_array import DenseArray, RaggedArray, SparseArray
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.signature import FeatureSignature
from onnlu_train.models.rasa_model import RasaModel

WIDTH = 3
SIGNATURE = {"text": {"rows": [FeatureSignature(False, WIDTH, 3)]}}


class Scaled(RasaModel):
    """Sums the rows of a text, each unit times a weight; the loss is the mean of all sums."""

    def __init__(self, start: list[float], decay: float = 0.0, seed: int | None = 0) -> None:
        super().__init__(random_seed=seed, predict_data_signature=SIGNATURE, name="scaled")
        self.scale = self.add_weight(
            shape=(WIDTH,),
            initializer=lambda shape, dtype: tf.constant(start, dtype),
            regularizer=keras.regularizers.L2(decay) if decay else None,
            name="scale",
        )
        self.prepared = 0
        self.traced = 0

    def batch_loss(self, batch_in: Any, training: bool = False) -> tf.Tensor:
        (rows,) = batch_in
        if training:
            rows = tf.cast(rows, tf.float32)
        return tf.reduce_mean(tf.reduce_sum(rows * self.scale, axis=[1, 2]))

    def prepare_for_predict(self) -> None:
        self.prepared += 1

    def batch_predict(self, batch_in: Any) -> dict[str, Any]:
        self.traced += 1
        (rows,) = batch_in
        scaled = rows * self.scale
        return {
            "total": tf.reduce_sum(scaled, axis=[1, 2]),
            "each": {"rows": scaled, "positive": tf.cast(scaled > 0, tf.int32)},
        }


def texts(*counts: int) -> RasaModelData:
    rng = np.random.default_rng(len(counts))
    matrices = [rng.standard_normal((count, WIDTH)).astype(np.float32) for count in counts]
    return RasaModelData(data={"text": {"rows": [RaggedArray.from_matrices(matrices)]}})


def compiled(start: list[float], decay: float = 0.0) -> Scaled:
    model = Scaled(start, decay)
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    model.optimizer.build(model.trainable_variables)
    return model


# batch_loss, batch_predict
def test_the_base_class_neither_trains_nor_predicts():
    model = RasaModel(random_seed=1)
    with pytest.raises(NotImplementedError, match="RasaModel has no batch_loss"):
        model.batch_loss(())
    with pytest.raises(NotImplementedError, match="RasaModel has no batch_predict"):
        model.batch_predict(())


# __init__
def test_models_of_one_seed_begin_alike():
    def weights(seed: int) -> np.ndarray:
        RasaModel(random_seed=seed)
        return np.asarray(keras.layers.Dense(4).add_weight(shape=(4, 4)))

    np.testing.assert_array_equal(weights(5), weights(5))
    assert np.abs(weights(5) - weights(6)).max() > 0


def test_a_seed_is_drawn_and_recorded_where_none_is_given():
    seeds = {RasaModel().random_seed for _ in range(4)}
    assert len(seeds) > 1
    assert all(0 <= seed < 2**32 for seed in seeds)
    assert RasaModel(random_seed=0).random_seed == 0


# train_step: "toy model, hand-computed update"
def test_a_train_step_moves_against_the_gradient():
    model = compiled([1.0, 2.0, 3.0])
    batch = np.array([[[1.0, -2.0, 0.0]], [[3.0, 0.0, 0.5]]], np.float32)
    metrics = model.train_step((tf.constant(batch),))
    # The gradient is the mean of the rows.
    np.testing.assert_allclose(model.scale, [1 - 0.1 * 2, 2 + 0.1 * 1, 3 - 0.1 * 0.25], rtol=1e-6)
    assert float(metrics["t_loss"]) == pytest.approx((1 - 4 + 3 + 1.5) / 2)


# "grad negative -> no decay" is a defect of the original: ours decays wherever it is not zero.
def test_regularisation_joins_wherever_the_gradient_is_not_zero():
    model = compiled([1.0, 2.0, 3.0], decay=0.5)
    model.train_step((tf.constant([[[4.0, -4.0, 0.0]]]),))
    decay = [2 * 0.5 * w for w in (1, 2, 3)]
    expected = [1 - 0.1 * (4 + decay[0]), 2 - 0.1 * (-4 + decay[1]), 3.0]
    np.testing.assert_allclose(model.scale, expected, rtol=1e-6)


class Table(RasaModel):
    """Looks rows up; its loss is their sum."""

    def __init__(self) -> None:
        super().__init__(random_seed=0)
        self.table = self.add_weight(
            shape=(3, 1),
            initializer="ones",
            regularizer=keras.regularizers.L2(0.5),
            name="table",
        )

    def batch_loss(self, batch_in, training=False):
        (rows,) = batch_in
        return tf.reduce_sum(tf.gather(self.table.value, rows))


def test_a_row_looked_up_twice_has_the_sum_of_both_gradients_and_one_decay():
    model = Table()
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    model.train_step((tf.constant([2, 0, 2]),))
    np.testing.assert_allclose(
        model.table, [[1 - 0.1 * (1 + 1)], [1.0], [1 - 0.1 * (2 + 1)]], rtol=1e-6
    )


def test_the_loss_reported_includes_the_regularisation_as_it_is_after_the_step():
    model = compiled([1.0, 2.0, 3.0], decay=0.5)
    metrics = model.train_step((tf.constant([[[1.0, 0.0, 0.0]]]),))
    regularization = 0.5 * float(np.sum(np.square(model.scale)))
    assert float(model.scale[0]) < 1.0
    assert float(metrics["t_loss"]) == pytest.approx(1 + regularization)


def test_keras_may_wrap_a_batch_in_a_tuple_of_its_own():
    plain, wrapped = compiled([1.0, 2.0, 3.0]), compiled([1.0, 2.0, 3.0])
    batch = (tf.constant([[[1.0, 2.0, 3.0]]]),)
    plain.train_step(batch)
    wrapped.train_step((batch,))
    np.testing.assert_array_equal(plain.scale, wrapped.scale)


def test_a_train_step_works_in_a_traced_function():
    eager, traced = compiled([1.0, 2.0, 3.0], 0.1), compiled([1.0, 2.0, 3.0], 0.1)
    step = tf.function(traced.train_step)
    for _ in range(3):
        batch = (tf.constant([[[1.0, -2.0, 0.0]]]),)
        eager.train_step(batch)
        step(batch)
    np.testing.assert_allclose(eager.scale, traced.scale, rtol=1e-6)


# test_step: "weights unchanged; metric updated"
def test_a_test_step_leaves_the_weights():
    model = compiled([1.0, 2.0, 3.0], decay=0.5)
    metrics = model.test_step((tf.constant([[[1.0, 1.0, 1.0]]]),))
    np.testing.assert_array_equal(model.scale, [1.0, 2.0, 3.0])
    assert float(metrics["t_loss"]) == pytest.approx(6 + 0.5 * 14)


def test_a_test_step_needs_no_regularisation():
    metrics = compiled([1.0, 2.0, 3.0]).test_step((tf.constant([[[1.0, 1.0, 1.0]]]),))
    assert float(metrics["t_loss"]) == pytest.approx(6)


def test_only_chosen_metrics_are_reported():
    model = compiled([1.0, 2.0, 3.0])
    model.hidden = keras.metrics.Mean(name="hidden")
    assert set(model.get_metrics_result()) == {"t_loss"}
    model.metrics_to_log.append("hidden")
    assert set(model.get_metrics_result()) == {"t_loss", "hidden"}


# prepare_for_predict, predict_step: "called exactly once over N predictions"
def test_a_model_is_prepared_once_and_again_after_training():
    model = compiled([1.0, 2.0, 3.0])
    batch = (tf.ones([1, 1, WIDTH]),)
    for _ in range(3):
        model.predict_step(batch)
    assert model.prepared == 1
    model.train_step(batch)
    model.predict_step(batch)
    model.rasa_predict((np.ones((1, 1, WIDTH), np.float32),))
    assert model.prepared == 2


def test_a_model_is_prepared_again_after_it_is_compiled_anew():
    model = compiled([1.0, 2.0, 3.0])
    model.predict_step((tf.ones([1, 1, WIDTH]),))
    model.compile(optimizer=keras.optimizers.SGD(0.1))
    model.predict_step((tf.ones([1, 1, WIDTH]),))
    assert model.prepared == 2


def test_a_model_predicts_without_being_compiled():
    outputs = Scaled([1.0, 2.0, 3.0]).predict_step((tf.ones([1, 1, WIDTH]),))
    assert outputs["total"].numpy().tolist() == [6.0]


# call: the original returns None.
def test_calling_a_model_predicts():
    model = compiled([1.0, -2.0, 3.0])
    batch = (tf.constant([[[1.0, 2.0, 3.0]]]),)
    tf.nest.map_structure(np.testing.assert_array_equal, model(batch), model.batch_predict(batch))


# _rasa_predict: "second call with other B,T does not retrace"
def test_other_sizes_do_not_retrace():
    model = Scaled([1.0, 2.0, 3.0])
    for batch, time in ((1, 1), (2, 5), (7, 3)):
        outputs = model.rasa_predict((np.ones((batch, time, WIDTH), np.float32),))
        assert outputs["total"].tolist() == [6.0 * time] * batch
    assert model.traced == 1


def test_a_prediction_after_training_uses_the_new_weights():
    model = compiled([1.0, 2.0, 3.0])
    ones = np.ones((1, 1, WIDTH), np.float32)
    assert model.rasa_predict((ones,))["total"].tolist() == [6.0]
    model.train_step((tf.constant(ones),))
    assert model.rasa_predict((ones,))["total"][0] == pytest.approx(5.7)


# run_inference
def test_batches_give_what_single_texts_give():
    model, data = Scaled([1.0, -2.0, 3.0]), texts(2, 1, 3)
    singles = [model.run_inference(data.take(np.array([i]))) for i in range(3)]
    for size in (1, 2, 3, 10, [1, 2], [2, 1]):
        merged = model.run_inference(data, size)
        np.testing.assert_allclose(merged["total"], [s["total"][0] for s in singles], rtol=1e-6)


def test_a_list_of_batch_sizes_repeats_its_last_one():
    sizes: list[int] = []

    class Watched(Scaled):
        def rasa_predict(self, batch_in: Any) -> dict[str, Any]:
            sizes.append(len(batch_in[0]))
            return super().rasa_predict(batch_in)

    Watched([1.0, 1.0, 1.0]).run_inference(texts(*[1] * 9), [1, 3, 2])
    assert sizes == [1, 3, 2, 2, 1]


def test_merged_outputs_are_padded_with_zeros():
    model, data = Scaled([1.0, -2.0, 3.0]), texts(1, 3, 2)
    rows = model.run_inference(data, 1)["each"]["rows"]
    (expected,) = data.get("text", "rows")[0].batch(np.arange(3))
    assert rows.shape == (3, 3, WIDTH)
    np.testing.assert_allclose(rows, expected * [1.0, -2.0, 3.0], rtol=1e-6)


def test_merging_keeps_the_types():
    outputs = Scaled([1.0, -2.0, 3.0]).run_inference(texts(1, 3), 1)
    assert outputs["each"]["positive"].dtype == np.int32
    assert outputs["total"].dtype == np.float32


@pytest.mark.parametrize(
    ("keys", "kept"),
    [(["total"], {"total"}), ([], {"total", "each"}), (None, {"total", "each"}), (["no"], set())],
)
def test_outputs_can_be_chosen(keys: list[str] | None, kept: set[str]):
    assert set(Scaled([1.0, 1.0, 1.0]).run_inference(texts(1, 2), 1, keys)) == kept


def test_no_examples_have_no_outputs():
    assert Scaled([1.0, 1.0, 1.0]).run_inference(RasaModelData()) == {}


# save, load
def test_what_is_saved_is_what_is_loaded(tmp_path: Path):
    model, data = compiled([0.1, 0.2, 0.3]), texts(2, 3)
    model.train_step((tf.ones([1, 1, WIDTH]),))
    model.save(tmp_path / "w.safetensors")
    loaded = Scaled.load(tmp_path / "w.safetensors", start=[9.0, 9.0, 9.0])
    expected, found = model.run_inference(data), loaded.run_inference(data)
    tf.nest.map_structure(np.testing.assert_array_equal, found, expected)
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


def test_an_existing_file_is_kept_unless_it_may_be_overwritten(tmp_path: Path):
    path = tmp_path / "w.safetensors"
    Scaled([1.0, 2.0, 3.0]).save(path)
    before = path.read_bytes()
    with pytest.raises(OnnluException, match="exists"):
        Scaled([4.0, 5.0, 6.0]).save(path, overwrite=False)
    assert path.read_bytes() == before
    Scaled([4.0, 5.0, 6.0]).save(path)
    assert load_file(path)["scaled/scale"].tolist() == [4.0, 5.0, 6.0]


def test_examples_are_run_when_a_model_is_loaded(tmp_path: Path):
    Scaled([1.0, 2.0, 3.0]).save(tmp_path / "w")
    options = {"model_data_example": texts(2), "start": [0.0, 0.0, 0.0]}
    warm = Scaled.load(tmp_path / "w", predict_data_example=texts(1), **options)
    assert warm.traced == 1
    cold = Scaled.load(tmp_path / "w", predict_data_example=texts(1), finetune_mode=True, **options)
    assert cold.traced == 0


def test_weights_loaded_after_a_prediction_prepare_the_model_again(tmp_path: Path):
    Scaled([1.0, 2.0, 3.0]).save(tmp_path / "w")
    model = Scaled([0.0, 0.0, 0.0])
    model.predict_step((tf.ones([1, 1, WIDTH]),))
    model.load_named_weights(tmp_path / "w")
    model.predict_step((tf.ones([1, 1, WIDTH]),))
    assert model.prepared == 2


@pytest.mark.parametrize(
    ("weights", "named"),
    [
        ({}, "scaled/scale"),
        ({"scaled/scale": [1, 2, 3], "extra": [1]}, "extra"),
        ({"scaled/scale": [1, 2, 3, 4]}, "scaled/scale"),
        ({"other": [1, 2, 3]}, "other, scaled/scale"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, weights: dict[str, Any], named: str):
    arrays = {name: np.array(value, np.float32) for name, value in weights.items()}
    save_file(arrays, tmp_path / "w")
    with pytest.raises(CorruptModelException, match=f"do not fit .*: {named}\\. Train"):
        Scaled.load(tmp_path / "w", start=[0.0, 0.0, 0.0])


@pytest.mark.parametrize("content", [b"", b"no weights", b"\xff" * 64])
def test_a_file_that_is_no_weights_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(CorruptModelException, match="cannot be read"):
        Scaled.load(tmp_path / "w", start=[0.0, 0.0, 0.0])


def test_a_missing_or_truncated_file_is_refused(tmp_path: Path):
    with pytest.raises(CorruptModelException, match="cannot be read"):
        Scaled.load(tmp_path / "nothing", start=[0.0, 0.0, 0.0])
    Scaled([1.0, 2.0, 3.0]).save(tmp_path / "w")
    (tmp_path / "w").write_bytes((tmp_path / "w").read_bytes()[:-1])
    with pytest.raises(CorruptModelException, match="cannot be read"):
        Scaled.load(tmp_path / "w", start=[0.0, 0.0, 0.0])


def test_weights_of_the_same_name_are_refused(tmp_path: Path):
    class Twins(RasaModel):
        def __init__(self) -> None:
            super().__init__(random_seed=0, name="twins")
            self.one, self.two = (keras.layers.Dense(1, name="same") for _ in range(2))
            self.one.build((1, 1))
            self.two.build((1, 1))

    with pytest.raises(OnnluException, match="name every layer"):
        Twins().save(tmp_path / "w")


# findings.md 19
def test_xla_is_off_even_if_asked_for():
    model = Scaled([1.0, 2.0, 3.0])
    model.compile(optimizer=keras.optimizers.SGD(0.1), jit_compile=True)
    assert model.jit_compile is False


# batch_to_model_data_format: "round trip of a mixed dense/sparse example"
MIXED = {
    "label": {"ids": [FeatureSignature(False, 1, 1, "int32")]},
    "text": {
        "rows": [FeatureSignature(True, 9, 3), FeatureSignature(False, 2, 3)],
        "vector": [FeatureSignature(False, 4, 2)],
    },
}


def mixed() -> RasaModelData:
    matrices = [SparseMatrix.from_row_columns(rows, 9) for rows in ([[1], [2, 8]], [[0]])]
    rows = [np.ones((2, 2), np.float32), np.zeros((1, 2), np.float32)]
    data = RasaModelData()
    data.add_features("label", "ids", [DenseArray(np.array([3, 4], np.int32))])
    data.add_features(
        "text", "rows", [SparseArray.from_matrices(matrices), RaggedArray.from_matrices(rows)]
    )
    data.add_features("text", "vector", [DenseArray(np.ones((2, 4), np.float32))])
    return data


def test_a_flat_batch_is_taken_apart_by_its_signature():
    data = mixed()
    assert data.signature() == MIXED
    batch = data.batch(np.arange(2))
    features = RasaModel.batch_to_model_data_format(batch, MIXED)
    assert {k: set(v) for k, v in features.items()} == {
        "label": {"ids"},
        "text": {"rows", "vector"},
    }
    sparse, dense = features["text"]["rows"]
    np.testing.assert_array_equal(sparse.indices, batch[1])
    np.testing.assert_array_equal(sparse.values, batch[2])
    assert tuple(sparse.dense_shape.numpy()) == (2, 2, 9)
    assert dense is batch[4]
    assert features["label"]["ids"][0] is batch[0]


# "last dim static under tracing"
def test_the_width_of_a_sparse_feature_is_static_when_traced():
    widths = []

    @tf.function(
        input_signature=[
            (
                tf.TensorSpec([None, 3], tf.int64),
                tf.TensorSpec([None], tf.float32),
                tf.TensorSpec([3], tf.int64),
            )
        ]
    )
    def trace(batch: Any) -> tf.Tensor:
        signature = {"text": {"rows": [FeatureSignature(True, 9, 3)]}}
        features = RasaModel.batch_to_model_data_format(batch, signature)
        widths.append(features["text"]["rows"][0].shape[-1])
        return tf.constant(0)

    trace((np.zeros((0, 3), np.int64), np.zeros(0, np.float32), np.array([1, 1, 9], np.int64)))
    assert widths == [9]


def test_bags_stand_in_for_the_three_tensors_of_a_sparse_feature():
    bags = PaddedBags(*padded_bags([[SparseMatrix.from_row_columns([[1]], 9)]], Blocks(1, 1)))
    signature = {"text": {"rows": [FeatureSignature(True, 9, 3)], "size": [SIZE]}}
    features = RasaModel.batch_to_model_data_format((bags, np.array([1])), signature)
    assert features["text"]["rows"][0] is bags
    assert features["text"]["size"][0].tolist() == [1]


SIZE = FeatureSignature(False, 1, 1, "int64")


def test_a_batch_of_bags_alone_is_not_taken_for_a_wrapped_batch():
    bags = PaddedBags(*padded_bags([[SparseMatrix.from_row_columns([[1]], 9)]], Blocks(1, 1)))
    signature = {"text": {"rows": [FeatureSignature(True, 9, 3)]}}
    features = RasaModel.batch_to_model_data_format((bags,), signature)
    assert features["text"]["rows"] == [bags]


def test_a_batch_that_does_not_fit_its_signature_is_refused():
    batch = mixed().batch(np.arange(2))
    with pytest.raises(ValueError, match=r"ends before text\.vector"):
        RasaModel.batch_to_model_data_format(batch[:-1], MIXED)
    with pytest.raises(ValueError, match=r"ends before text\.rows"):
        RasaModel.batch_to_model_data_format(batch[:3], MIXED)
    with pytest.raises(ValueError, match="2 tensors more"):
        RasaModel.batch_to_model_data_format((*batch, *batch[:2]), MIXED)
