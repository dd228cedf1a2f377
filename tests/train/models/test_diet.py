"""Behaviour of DIET (behaviour.md 3.9)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from onnlu.decoding.tags import TagSpec
from onnlu.sparse import SparseMatrix
from onnlu_engine.errors import InvalidConfigException
from onnlu_train.layers.multi_label_loss import MultiLabelDotProductLoss
from onnlu_train.layers.random_numbers import random_numbers_of_step
from onnlu_train.layers.single_label_loss import SingleLabelDotProductLoss
from onnlu_train.model_data.feature_array import DenseArray, SparseArray
from onnlu_train.model_data.from_messages import identity_label_data
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.models.diet import DIET
from onnlu_train.training import TrainingOptions
from onnlu_train.training.loop import train_model

from .toy_diet import (
    CONFIG,
    GROUPS,
    ROLES,
    TEXTS,
    TYPES,
    WORDS,
    diet,
    tags,
    text_part,
    trained,
    training,
)


@pytest.fixture(scope="module")
def learned() -> DIET:
    return trained([TYPES, ROLES, GROUPS])


def assert_knows(model: DIET, specs: list[TagSpec], intents: bool) -> None:
    outputs = model.run_inference(text_part(TEXTS), 4)
    if intents:
        right = training(specs).label_ids()
        assert (outputs["intent"]["confidences"].argmax(1) == right).all()
    for spec in specs:
        for number, text in enumerate(TEXTS):
            found = outputs[spec.name]["tags"][number, : len(text.split())]
            assert found.tolist() == tags(text)[spec.name], (spec.name, text)


def test_intents_entities_roles_and_groups_are_learnt(learned: DIET):
    assert_knows(learned, [TYPES, ROLES, GROUPS], intents=True)


def test_intents_alone_are_learnt():
    model = trained([])
    assert_knows(model, [], intents=True)
    assert set(model.run_inference(text_part(["hi"]))) == {"intent", "diagnostic_data"}


def test_entities_alone_are_learnt():
    model = trained([TYPES], intents=False)
    assert_knows(model, [TYPES], intents=False)
    assert set(model.run_inference(text_part(["hi"]))) == {"entity", "diagnostic_data"}


def test_confidences_sum_to_one(learned: DIET):
    confidences = learned.run_inference(text_part(TEXTS), 10)["intent"]["confidences"]
    np.testing.assert_allclose(confidences.sum(axis=1), 1, atol=1e-6)


def test_predictions_do_not_depend_on_padding(learned: DIET):
    together = learned.run_inference(text_part(TEXTS), len(TEXTS))
    for number, text in enumerate(TEXTS):
        alone = learned.run_inference(text_part([text]))
        length = len(text.split())
        np.testing.assert_allclose(
            alone["intent"]["confidences"][0],
            together["intent"]["confidences"][number],
            atol=1e-5,
        )
        for head in ("entity", "role", "group"):
            for kind in ("tags", "scores"):
                np.testing.assert_allclose(
                    alone[head][kind][0], together[head][kind][number, :length], atol=1e-5
                )
                assert (together[head][kind][number, length:] == 0).all()


def test_no_operation_of_a_train_step_keeps_random_state():
    """A checkpoint could not hold it: a resumed training would draw other numbers."""
    specs = [TYPES, ROLES]
    drawing = {
        "drop_rate": 0.2,
        "drop_rate_attention": 0.2,
        "use_masked_language_model": True,
        "hidden_layers_sizes": {"text": [16], "label": [8]},
    }
    model = diet(specs, **drawing)
    model.compile()
    batch = tuple(tf.constant(tensor) for tensor in training(specs).batch(np.arange(10)))

    @tf.function
    def step() -> None:
        with random_numbers_of_step(1, model.optimizer.iterations):
            model.train_step(batch)

    graph = step.get_concrete_function().graph.as_graph_def()
    nodes = [*graph.node, *(node for f in graph.library.function for node in f.node_def)]
    drawn = {node.op for node in nodes if "Random" in node.op or "Rng" in node.op}
    assert "StatelessRandomUniformV2" in drawn
    assert all(op.startswith("Stateless") for op in drawn), drawn


def test_diagnostics_have_a_slot_for_the_sentence(learned: DIET):
    diagnostics = learned.run_inference(text_part(["fly to rome"]))["diagnostic_data"]
    assert diagnostics["attention_weights"].shape == (1, 1, 2, 4, 4)
    assert diagnostics["text_transformed"].shape == (1, 4, 16)


# "total loss: sum of intent + entity heads (unweighted) + L2"
def test_the_loss_is_the_sum_of_its_parts():
    model = diet([TYPES, ROLES, GROUPS])
    model.compile()
    data = training([TYPES, ROLES, GROUPS])
    metrics = model.test_step(tuple(tf.constant(t) for t in data.batch(np.arange(10))))
    parts = [float(metrics[name]) for name in ("i_loss", "e_loss", "r_loss", "g_loss")]
    penalty = float(tf.add_n(model.losses))
    assert penalty > 0
    assert float(metrics["t_loss"]) == pytest.approx(sum(parts) + penalty, rel=1e-5)
    assert set(metrics) == {"t_loss", "i_acc", "i_loss", "e_loss", "r_loss", "g_loss"}


# "never reset when training resumes" in the original: stale label embeddings.
def test_labels_are_embedded_again_after_further_training():
    model, data = diet([]), training([])
    options = TrainingOptions(epochs=1, batch_size=5, learning_rate=0.05)
    before = model.run_inference(text_part(["hi"]))["intent"]["confidences"]
    train_model(model, data, options)
    after = model.run_inference(text_part(["hi"]))["intent"]["confidences"]
    embedded = model._embed_label(model.encode_labels())
    np.testing.assert_array_equal(model._all_labels, embedded)
    assert np.abs(after - before).max() > 1e-4


def test_a_model_is_built_from_its_signature_alone(learned: DIET, tmp_path: Path):
    learned.save(tmp_path / "w")
    data = training([TYPES, ROLES, GROUPS])
    loaded = DIET.load(
        tmp_path / "w",
        config=CONFIG,
        data_signature=data.signature(),
        label_data=identity_label_data(2),
        tag_specs=[TYPES, ROLES, GROUPS],
    )
    expected = learned.run_inference(text_part(TEXTS), 4)
    found = loaded.run_inference(text_part(TEXTS), 4)
    tf.nest.map_structure(np.testing.assert_array_equal, found, expected)


@pytest.mark.parametrize(("labels", "size"), [(22, 22), (2, 20), (0, 20)])
def test_embeddings_of_auto_size_are_as_wide_as_there_are_intents(
    labels: int, size: int, tmp_path: Path
):
    specs = [TYPES, ROLES]
    built: dict[str, Any] = {
        "config": {**CONFIG, "embedding_dimension": "auto"},
        "data_signature": training(specs, intents=labels > 0).signature(),
        "label_data": identity_label_data(labels),
        "tag_specs": specs,
    }
    model = DIET(**built)
    shapes = {name: weight.shape for name, weight in model.weights_by_name().items()}
    of_intents = {n: s[1] for n, s in shapes.items() if re.fullmatch(r"embed\.\w+/kernel", n)}
    assert of_intents == ({"embed.text/kernel": size, "embed.label/kernel": size} if labels else {})
    assert shapes["role.parent/kernel"][1] == size
    model.save(tmp_path / "w")
    expected = model.run_inference(text_part(TEXTS), 4)
    found = DIET.load(tmp_path / "w", **built).run_inference(text_part(TEXTS), 4)
    tf.nest.map_structure(np.testing.assert_array_equal, found, expected)


def test_every_weight_has_a_name_of_its_own():
    model = diet(
        [TYPES, ROLES, GROUPS],
        number_of_transformer_layers=3,
        use_masked_language_model=True,
        use_key_relative_attention=True,
        use_value_relative_attention=True,
        hidden_layers_sizes={"text": [8, 8], "label": [8, 8]},
    )
    paths = [weight.path for weight in model.weights]
    assert len(set(paths)) == len(paths)


def test_an_empty_text_is_predicted(learned: DIET):
    outputs = learned.run_inference(text_part(["", "hi"]), 2)
    assert np.isfinite(outputs["intent"]["confidences"]).all()
    assert outputs["entity"]["tags"][0].tolist() == [0]


def test_roles_follow_the_entity_tags(learned: DIET):
    head = next(head for head in learned._heads if head.name == "role")
    table = head._parent_table().numpy()
    embedded = head._parent_embedding(np.eye(2, dtype=np.float32)).numpy()
    kernel = head._logits.kernel.numpy()
    np.testing.assert_allclose(table, embedded @ kernel[16:], atol=1e-5)


def metrics_of(model: DIET, data: RasaModelData, train: bool = False) -> dict[str, float]:
    model.compile()
    step = model.train_step if train else model.test_step
    metrics = step(tuple(tf.constant(t) for t in data.batch(np.arange(10))))
    return {name: float(value) for name, value in metrics.items()}


# "evaluation without it"
def test_masked_tokens_are_a_loss_in_training_only():
    model, data = diet([TYPES], use_masked_language_model=True), training([TYPES])
    evaluated = metrics_of(model, data)
    penalty = float(tf.add_n(model.losses))
    assert evaluated["m_loss"] == 0
    parts = evaluated["i_loss"] + evaluated["e_loss"]
    assert evaluated["t_loss"] == pytest.approx(parts + penalty, rel=1e-5)
    model = diet([TYPES], use_masked_language_model=True)
    trained_metrics = metrics_of(model, data, train=True)
    assert trained_metrics["m_loss"] > 0.1
    assert 0 <= trained_metrics["m_acc"] <= 1
    parts = sum(trained_metrics[f"{part}_loss"] for part in "ime")
    assert trained_metrics["t_loss"] == pytest.approx(parts + penalty, rel=1e-2)


def test_a_prediction_masks_nothing():
    model = diet([], use_masked_language_model=True)
    one, two = (model.run_inference(text_part(TEXTS), 4) for _ in range(2))
    tf.nest.map_structure(np.testing.assert_array_equal, one, two)


def test_without_transformer_the_hidden_layers_are_encoded():
    sizes = {"text": [12, 6], "label": [5]}
    model = diet([TYPES], number_of_transformer_layers=0, hidden_layers_sizes=sizes)
    shapes = {w.path: tuple(w.shape) for w in model.weights}
    assert not any("encoder" in path for path in shapes)
    assert shapes["text.hidden.1/kernel"] == (12, 6)
    assert shapes["label.hidden.0/kernel"] == (2, 5)
    assert shapes["embed.text/kernel"] == (6, 8)
    assert shapes["embed.label/kernel"] == (5, 8)
    assert shapes["entity.logits/kernel"] == (6, 2)
    diagnostics = model.run_inference(text_part(["fly to rome"]))["diagnostic_data"]
    assert set(diagnostics) == {"text_transformed"}
    assert diagnostics["text_transformed"].shape == (1, 4, 6)


def labels_of_words(width: int = len(WORDS)) -> RasaModelData:
    """Two intents, of two words and of one, described by columns of texts."""
    labels = RasaModelData()
    rows = [SparseMatrix.from_row_columns(columns, width) for columns in ([[2], [3]], [[0]])]
    labels.add_features("label", "lengths", [DenseArray(np.array([2, 1], np.int64))])
    labels.add_features("label", "sequence", [SparseArray.from_matrices(rows)])
    return labels


def test_labels_are_sums_over_all_their_tokens():
    model = DIET(CONFIG, training([]).signature(), labels_of_words(), [])
    weights = {w.path: np.asarray(w) for w in model.weights}
    kernel, bias = (
        weights[f"label.sequence.sparse_to_dense/{part}"] for part in ("kernel", "bias")
    )
    expected = [kernel[2] + kernel[3] + 2 * bias, kernel[0] + bias]
    np.testing.assert_allclose(model.encode_labels(), expected, atol=1e-6)


def test_labels_may_pass_through_the_layers_of_texts():
    sizes = {"text": [6], "label": [6]}
    config = {**CONFIG, "share_hidden_layers": True, "hidden_layers_sizes": sizes}
    model = DIET(config, training([]).signature(), labels_of_words(), [])
    assert not any(w.path.startswith("label") for w in model.weights)
    hidden = model._text.hidden
    combined, _ = model._text.combining(model.all_label_features(), tf.constant([2, 1], tf.int64))
    np.testing.assert_array_equal(model.encode_labels(), hidden(tf.reduce_sum(combined, axis=1)))
    options = TrainingOptions(epochs=60, batch_size=5, learning_rate=0.01)
    train_model(model, training([]), options)
    assert_knows(model, [], intents=True)


# "sizes and signatures must coincide, else ValueError"
@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        (labels_of_words(5), "labels are sparse of width 5, those of texts sparse of width 9"),
        (identity_label_data(2), "sentence features of labels are dense of width 2"),
    ],
)
def test_labels_of_other_features_cannot_share_layers(labels: RasaModelData, problem: str):
    config = {**CONFIG, "share_hidden_layers": True}
    with pytest.raises(InvalidConfigException, match=problem):
        DIET(config, training([]).signature(), labels, [])


def test_right_intents_weigh_less_with_a_scaled_loss(learned: DIET, tmp_path: Path):
    learned.save(tmp_path / "w")
    specs = [TYPES, ROLES, GROUPS]
    data = training(specs)
    losses = {}
    for scale in (False, True):
        model = DIET.load(
            tmp_path / "w",
            config={**CONFIG, "scale_loss": scale},
            data_signature=data.signature(),
            label_data=identity_label_data(2),
            tag_specs=specs,
        )
        losses[scale] = metrics_of(model, data)
    for part in ("i_loss", "e_loss", "r_loss"):
        assert losses[True][part] < 0.1 * losses[False][part]


def test_confidences_of_a_margin_loss_are_cosines():
    model = diet([], loss_type="margin")
    train_model(model, training([]), TrainingOptions(epochs=60, batch_size=5, learning_rate=0.01))
    assert_knows(model, [], intents=True)
    confidences = model.run_inference(text_part(TEXTS), 10)["intent"]["confidences"]
    assert confidences.min() < 0
    assert np.abs(confidences).max() <= 1 + 1e-6
    assert np.abs(confidences.sum(axis=1) - 1).max() > 0.05


# TransformerRasaModel "dot_product_loss_layer"
def test_the_loss_can_be_another():
    class MultiLabel(DIET):
        @property
        def dot_product_loss_layer(self) -> type[MultiLabelDotProductLoss]:
            return MultiLabelDotProductLoss

    assert diet([]).dot_product_loss_layer is SingleLabelDotProductLoss
    data = training([])
    model = MultiLabel(CONFIG, data.signature(), identity_label_data(2), [])
    train_model(model, data, TrainingOptions(epochs=60, batch_size=5, learning_rate=0.01))
    assert_knows(model, [], intents=True)
