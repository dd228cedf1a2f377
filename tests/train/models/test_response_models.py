"""Behaviour of DIET2BOW and DIET2DIET (behaviour.md 3.11)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from onnlu.sparse import SparseMatrix
from onnlu_engine.errors import InvalidConfigException
from onnlu_train.components.diet_config import DEFAULTS
from onnlu_train.layers.random_numbers import random_numbers_of_step
from onnlu_train.model_data.feature_array import DenseArray, SparseArray
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.models.diet2bow import DIET2BOW
from onnlu_train.models.diet2diet import DIET2DIET
from onnlu_train.training.loop import train_model
from onnlu_train.training.options import TrainingOptions

WORDS = ["when", "open", "closed", "what", "costs", "card", "fee", "from", "nine", "free"]
TEXTS = ["when open", "open when", "when closed", "what costs", "costs card", "what fee card"]
LABEL_IDS = [0, 0, 0, 1, 1, 1]
RESPONSES = ["open from nine", "card free"]
CONFIG = {
    **DEFAULTS,
    "hidden_layers_sizes": {"text": [16], "label": [16]},
    "transformer_size": None,
    "number_of_transformer_layers": 0,
    "dense_dimension": {"text": 16, "label": 16},
    "concat_dimension": {"text": 16, "label": 16},
    "embedding_dimension": 8,
    "connection_density": 1.0,
    "use_sparse_input_dropout": False,
    "use_dense_input_dropout": False,
    "drop_rate": 0.0,
    "regularization_constant": 1e-4,
    "scale_loss": True,
    "random_seed": 1,
}
TRANSFORMER = {
    "number_of_transformer_layers": 1,
    "transformer_size": 16,
    "number_of_attention_heads": 2,
}
BOTH = pytest.mark.parametrize("model_class", [DIET2BOW, DIET2DIET])


def described(key: str, texts: list[str]) -> RasaModelData:
    data = RasaModelData("label", "ids")
    rows = [[[WORDS.index(word)] for word in text.split()] for text in texts]
    sentences = [[sorted({c for row in text for c in row})] for text in rows]
    data.add_features(key, "lengths", [DenseArray(np.array(list(map(len, rows)), np.int64))])
    for kind, columns in (("sentence", sentences), ("sequence", rows)):
        matrices = [SparseMatrix.from_row_columns(c, len(WORDS)) for c in columns]
        data.add_features(key, kind, [SparseArray.from_matrices(matrices)])
    return data


def training() -> RasaModelData:
    data = described("text", TEXTS)
    data.add_features("label", "ids", [DenseArray(np.array(LABEL_IDS, np.int32))])
    data.sort()
    return data


def built(model_class: type[DIET2BOW], **changed: Any) -> DIET2BOW:
    labels = described("label", RESPONSES)
    return model_class({**CONFIG, **changed}, training().signature(), labels)


def confidences(model: DIET2BOW, texts: list[str], batch_size: int = 6) -> Any:
    return model.run_inference(described("text", texts), batch_size)["response"]["confidences"]


# "`use_text_as_label: true` with the default 0 transformer layers fails in training": not here
@BOTH
@pytest.mark.parametrize(
    "changed",
    [
        {},
        {**TRANSFORMER, "hidden_layers_sizes": {"text": [], "label": []}},
        {**TRANSFORMER, "share_hidden_layers": True, "use_masked_language_model": True},
    ],
)
def test_the_response_to_a_text_is_learnt(model_class: type[DIET2BOW], changed: dict[str, Any]):
    model = built(model_class, **changed)
    train_model(model, training(), TrainingOptions(epochs=40, batch_size=3, learning_rate=0.01))
    found = confidences(model, TEXTS)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert found.argmax(axis=1).tolist() == LABEL_IDS


def test_a_label_of_diet2bow_does_not_know_the_order_of_its_words():
    model = DIET2BOW({**CONFIG, **TRANSFORMER}, training().signature(), two_orders())
    first, second = model.encode_labels().numpy()
    np.testing.assert_allclose(first, second, atol=1e-5)


def test_a_label_of_diet2diet_knows_the_order_of_its_words():
    model = DIET2DIET({**CONFIG, **TRANSFORMER}, training().signature(), two_orders())
    first, second = model.encode_labels().numpy()
    assert np.abs(first - second).max() > 1e-3


def two_orders() -> RasaModelData:
    return described("label", ["open from nine", "nine from open"])


def test_a_label_is_the_slot_after_its_tokens():
    model = built(DIET2DIET, **TRANSFORMER)
    features = model.all_label_features()
    encoded = model._label(features, features["lengths"][0])
    slots = tf.reshape(encoded.rows, [2, 4, 16]).numpy()
    np.testing.assert_array_equal(model.encode_labels(), [slots[0, 3], slots[1, 2]])


# "DIET2DIET prediction uses length without the sentence slot (train/predict skew)": not here
@BOTH
def test_a_prediction_reads_the_slot_that_training_reads(model_class: type[DIET2BOW]):
    model = built(model_class, **TRANSFORMER)
    data = described("text", ["when open"])
    batch = model.batch_to_model_data_format(data.batch(np.arange(1)), model.predict_data_signature)
    text = model._text(batch["text"], batch["text"]["lengths"][0])
    embedded = model._embed_text(text.rows[2:3])  # two tokens, then the sentence
    labels = model._embed_label(model.encode_labels())
    expected = tf.nn.softmax(tf.matmul(embedded, labels, transpose_b=True))
    np.testing.assert_allclose(confidences(model, ["when open"]), expected, atol=1e-6)


@BOTH
def test_predictions_do_not_depend_on_padding(model_class: type[DIET2BOW]):
    model = built(model_class, **TRANSFORMER)
    together = confidences(model, TEXTS)
    for number, text in enumerate(TEXTS):
        np.testing.assert_allclose(confidences(model, [text])[0], together[number], atol=1e-5)


# "its MLM loss is not limited to training, so evaluation crashes": not here
@BOTH
def test_tokens_of_texts_are_masked_in_training_only(model_class: type[DIET2BOW]):
    model = built(model_class, **TRANSFORMER, use_masked_language_model=True)
    model.compile()
    batch = tuple(tf.constant(tensor) for tensor in training().batch(np.arange(6)))
    evaluated = {name: float(v) for name, v in model.test_step(batch).items()}
    assert evaluated["m_loss"] == 0
    penalty = float(tf.add_n(model.losses))
    assert evaluated["t_loss"] == pytest.approx(evaluated["r_loss"] + penalty, rel=1e-5)
    assert float(model.train_step(batch)["m_loss"]) > 0.1


def test_labels_are_never_masked():
    shared = {"share_hidden_layers": True, "use_masked_language_model": True, "drop_rate": 0.0}
    model = built(DIET2DIET, **TRANSFORMER, **shared)
    with random_numbers_of_step(1, tf.constant(0, tf.int64)):
        training_labels = model.encode_labels(training=True).numpy()
    np.testing.assert_allclose(training_labels, model.encode_labels(), atol=1e-6)


@BOTH
def test_texts_and_labels_share_layers_on_request(model_class: type[DIET2BOW]):
    paths = {w.path for w in built(model_class, share_hidden_layers=True).weights}
    assert not any(path.startswith("label") for path in paths)
    paths = [w.path for w in built(model_class).weights]
    assert any(path.startswith("label") for path in paths)
    assert len(set(paths)) == len(paths)


@BOTH
def test_labels_of_other_features_cannot_share_layers(model_class: type[DIET2BOW]):
    labels = RasaModelData()
    rows = [SparseMatrix.from_row_columns([[column]], 2) for column in (0, 1)]
    labels.add_features("label", "lengths", [DenseArray(np.array([1, 1], np.int64))])
    labels.add_features("label", "sequence", [SparseArray.from_matrices(rows)])
    config = {**CONFIG, "share_hidden_layers": True}
    with pytest.raises(InvalidConfigException, match="share_hidden_layers: texts and labels need"):
        model_class(config, training().signature(), labels)


@BOTH
def test_a_model_is_built_from_its_signature_alone(model_class: type[DIET2BOW], tmp_path: Path):
    model = built(model_class)
    model.save(tmp_path / "w")
    loaded = model_class.load(
        tmp_path / "w",
        config=CONFIG,
        data_signature=training().signature(),
        label_data=described("label", RESPONSES),
    )
    np.testing.assert_array_equal(confidences(loaded, TEXTS), confidences(model, TEXTS))
