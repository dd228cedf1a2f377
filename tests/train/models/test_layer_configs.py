"""Each option of a classifier reaches the layers that it is for."""

from __future__ import annotations

from typing import Any

import pytest

from onnlu_train.components.diet_config import DEFAULTS
from onnlu_train.layers.attention import AttentionConfig
from onnlu_train.layers.feature_combining import InputConfig
from onnlu_train.layers.feed_forward import FeedForwardConfig
from onnlu_train.layers.loss import LossConfig
from onnlu_train.layers.transformer import TransformerConfig
from onnlu_train.models.layer_configs import (
    input_config,
    loss_config,
    sized_by_labels,
    transformer_config,
)

CONFIG = {
    **DEFAULTS,
    "transformer_size": 12,
    "number_of_transformer_layers": 3,
    "number_of_attention_heads": 6,
    "use_key_relative_attention": False,
    "use_value_relative_attention": True,
    "max_relative_position": 7,
    "unidirectional_encoder": True,
    "connection_density": 0.3,
    "drop_rate": 0.4,
    "drop_rate_attention": 0.1,
    "regularization_constant": 0.5,
    "dense_dimension": {"text": 21, "label": 22},
    "concat_dimension": {"text": 23, "label": 24},
}
HIDDEN = FeedForwardConfig(density=0.3, drop_rate=0.4, regularization_constant=0.5)


@pytest.mark.parametrize(("labels", "size"), [(0, 20), (7, 20), (30, 30), (64, 64), (500, 64)])
def test_auto_sizes_are_as_wide_as_there_are_labels(labels: int, size: int):
    sized = sized_by_labels(DEFAULTS, labels)
    assert sized["embedding_dimension"] == size
    assert sized["dense_dimension"] == {"text": 128, "label": size}


def test_sizes_that_are_given_stay():
    given = {"embedding_dimension": 5, "dense_dimension": {"text": 6, "label": 7}}
    assert sized_by_labels({**DEFAULTS, **given}, 64) == {**DEFAULTS, **given}


def test_options_of_the_transformer():
    attention = AttentionConfig(
        units=12,
        heads=6,
        density=0.3,
        drop_rate=0.1,
        key_relative=False,
        value_relative=True,
        max_relative_position=7,
        unidirectional=True,
    )
    assert transformer_config(CONFIG) == TransformerConfig(3, attention, 0.4, 0.5)


def test_no_layers_are_no_transformer():
    config = {**CONFIG, "number_of_transformer_layers": 0, "transformer_size": None}
    assert transformer_config(config) is None


@pytest.mark.parametrize(("sparse", "dense"), [(True, False), (False, True)])
def test_options_of_the_inputs(sparse: bool, dense: bool):
    config = {**CONFIG, "use_sparse_input_dropout": sparse, "use_dense_input_dropout": dense}
    assert input_config(config, "text") == InputConfig(21, 23, sparse, dense, HIDDEN)
    assert input_config(config, "label") == InputConfig(22, 24, sparse, dense, HIDDEN)


def test_options_of_the_loss():
    config = {
        **CONFIG,
        "number_of_negative_examples": 9,
        "similarity_type": "cosine",
        "model_confidence": "auto",
        "constrain_similarities": True,
        "scale_loss": True,
        "maximum_positive_similarity": 0.7,
        "maximum_negative_similarity": -0.1,
        "use_maximum_negative_similarity": False,
        "negative_margin_scale": 0.6,
    }
    assert loss_config(config) == LossConfig(
        number_of_negative_examples=9,
        loss_type="cross_entropy",
        similarity_type="cosine",
        model_confidence="auto",
        constrain_similarities=True,
        scale_loss=True,
        maximum_positive_similarity=0.7,
        maximum_negative_similarity=-0.1,
        use_maximum_negative_similarity=False,
        negative_margin_scale=0.6,
    )


# "`auto` -> inner with cross_entropy, cosine with margin"; "auto is set when loss is margin"
@pytest.mark.parametrize(
    ("options", "similarity", "confidence"),
    [
        ({"loss_type": "cross_entropy"}, "inner", "softmax"),
        ({"loss_type": "margin"}, "cosine", "auto"),
        ({"loss_type": "margin", "similarity_type": "inner"}, "inner", "auto"),
    ],
)
def test_auto_is_what_fits_the_loss(options: dict[str, Any], similarity: str, confidence: str):
    found = loss_config({**CONFIG, **options})
    assert (found.similarity_type, found.model_confidence) == (similarity, confidence)
