"""From a classifier's options to those of layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onnlu_train.layers.attention import AttentionConfig
from onnlu_train.layers.feature_combining import InputConfig
from onnlu_train.layers.feed_forward import FeedForwardConfig
from onnlu_train.layers.loss import AUTO, COSINE, CROSS_ENTROPY, INNER, MARGIN, LossConfig
from onnlu_train.layers.transformer import TransformerConfig

Config = Mapping[str, Any]

# Similarities of vectors of n numbers are a matrix of rank n: fewer than there are labels cannot
# tell all of these apart, and more add nothing. Between Rasa's size and what 64 intents asked for.
SMALLEST_EMBEDDING = 20
LARGEST_EMBEDDING = 64


def sized_by_labels(config: Config, number_of_labels: int) -> dict[str, Any]:
    """Return the options with the size that `auto` stands for: as many units as there are labels.

    >>> auto = {"embedding_dimension": "auto", "dense_dimension": {"text": 128, "label": "auto"}}
    >>> sized_by_labels(auto, 30)
    {'embedding_dimension': 30, 'dense_dimension': {'text': 128, 'label': 30}}
    """
    size = min(max(number_of_labels, SMALLEST_EMBEDDING), LARGEST_EMBEDDING)
    embedding, dense = config["embedding_dimension"], config["dense_dimension"]
    return {
        **config,
        "embedding_dimension": size if embedding == AUTO else embedding,
        "dense_dimension": {name: size if u == AUTO else u for name, u in dense.items()},
    }


def hidden_config(config: Config) -> FeedForwardConfig:
    """Return the options of hidden layers."""
    return FeedForwardConfig(
        density=config["connection_density"],
        drop_rate=config["drop_rate"],
        regularization_constant=config["regularization_constant"],
    )


def input_config(config: Config, attribute: str) -> InputConfig:
    """Return how the features of an attribute become dense."""
    return InputConfig(
        dense_dimension=config["dense_dimension"][attribute],
        concat_dimension=config["concat_dimension"][attribute],
        sparse_dropout=config["use_sparse_input_dropout"],
        dense_dropout=config["use_dense_input_dropout"],
        hidden=hidden_config(config),
    )


def transformer_config(config: Config) -> TransformerConfig | None:
    """Return shape and options of the transformer; None where there is none."""
    layers = config["number_of_transformer_layers"]
    if not layers:
        return None
    attention = AttentionConfig(
        units=config["transformer_size"],
        heads=config["number_of_attention_heads"],
        density=config["connection_density"],
        drop_rate=config["drop_rate_attention"],
        key_relative=config["use_key_relative_attention"],
        value_relative=config["use_value_relative_attention"],
        max_relative_position=config["max_relative_position"],
        unidirectional=config["unidirectional_encoder"],
    )
    return TransformerConfig(
        layers, attention, config["drop_rate"], config["regularization_constant"]
    )


def loss_config(config: Config) -> LossConfig:
    """Return the options of the loss between texts and labels.

    As Rasa 3.6, `similarity_type: auto` is the one that fits the loss, and the confidences of a
    margin loss are the similarities themselves.
    """
    is_margin = config["loss_type"] == MARGIN
    similarity = config["similarity_type"]
    if similarity == AUTO:
        similarity = COSINE if is_margin else INNER
    return LossConfig(
        number_of_negative_examples=config["number_of_negative_examples"],
        loss_type=MARGIN if is_margin else CROSS_ENTROPY,
        similarity_type=similarity,
        model_confidence=AUTO if is_margin else config["model_confidence"],
        constrain_similarities=config["constrain_similarities"],
        scale_loss=config["scale_loss"],
        maximum_positive_similarity=config["maximum_positive_similarity"],
        maximum_negative_similarity=config["maximum_negative_similarity"],
        use_maximum_negative_similarity=config["use_maximum_negative_similarity"],
        negative_margin_scale=config["negative_margin_scale"],
    )
