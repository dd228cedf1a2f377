"""`RasaModel`: predictions of one batch, and of many examples in batches (behaviour.md 1.1)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.model_data.rasa_model_data import RasaModelData

from .toy_models import WIDTH, Scaled, compiled, texts


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
