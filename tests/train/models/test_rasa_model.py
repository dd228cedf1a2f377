"""`RasaModel`: how it begins, and its train and test steps (behaviour.md 1.1)."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from onnlu_train.models.rasa_model import RasaModel

from .toy_models import Scaled, compiled


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


# With a GPU Keras would choose XLA, which refuses products of sparse tensors.
def test_xla_is_off_even_if_asked_for():
    model = Scaled([1.0, 2.0, 3.0])
    model.compile(optimizer=keras.optimizers.SGD(0.1), jit_compile=True)
    assert model.jit_compile is False


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
