"""The options of the DIET classifier: their names as in Rasa 3.6, and what they may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from onnlu_train.components.model_options import FLAG, Rule, check_options

DEFAULTS: dict[str, Any] = {
    "hidden_layers_sizes": {"text": [], "label": []},
    "share_hidden_layers": False,
    "transformer_size": 256,
    "number_of_transformer_layers": 2,
    "number_of_attention_heads": 4,
    "use_key_relative_attention": True,
    "use_value_relative_attention": False,
    "max_relative_position": 5,
    "unidirectional_encoder": False,
    "batch_size": 32,
    "batch_strategy": "balanced",
    "drop_small_last_batch": False,
    "epochs": 300,
    "random_seed": None,
    "learning_rate": 0.002,
    "learning_rate_schedule": "cosine",
    "warmup": 0.05,
    "embedding_dimension": "auto",
    "dense_dimension": {"text": 128, "label": "auto"},
    "concat_dimension": {"text": 128, "label": 20},
    "number_of_negative_examples": 20,
    "similarity_type": "auto",
    "loss_type": "cross_entropy",
    "ranking_length": 10,
    "maximum_positive_similarity": 0.8,
    "maximum_negative_similarity": -0.4,
    "use_maximum_negative_similarity": True,
    "scale_loss": False,
    "regularization_constant": 0.0001,
    "negative_margin_scale": 0.8,
    "drop_rate": 0.2,
    "drop_rate_attention": 0.0,
    "connection_density": 0.2,
    "use_sparse_input_dropout": True,
    "use_dense_input_dropout": True,
    "evaluate_every_number_of_epochs": 20,
    "evaluate_on_number_of_examples": 0,
    "intent_classification": True,
    "entity_recognition": True,
    "use_masked_language_model": False,
    "BILOU_flag": True,
    "split_entities_by_comma": True,
    "constrain_similarities": False,
    "model_confidence": "softmax",
    "renormalize_confidences": False,
    "checkpoint_model": False,
    "tensorboard_log_directory": None,
    "tensorboard_log_level": "epoch",
    "featurizers": [],
    "run_eagerly": False,
    "rasa_compat": False,
}

AS_RASA: dict[str, Any] = {
    "use_key_relative_attention": False,
    "batch_size": [64, 256],
    "learning_rate": 0.001,
    "learning_rate_schedule": "constant",
    "warmup": 0.0,
    "embedding_dimension": 20,
    "dense_dimension": {"text": 128, "label": 20},
    "regularization_constant": 0.002,
}
"""The defaults with `rasa_compat: true`, where they differ: Rasa 3.6 trains by these."""


def _is_split(value: Any) -> bool:
    return isinstance(value, bool) or (
        isinstance(value, Mapping) and all(isinstance(v, bool) for v in value.values())
    )


_RULES: dict[str, Rule] = {
    "intent_classification": FLAG,
    "entity_recognition": FLAG,
    "BILOU_flag": FLAG,
    "split_entities_by_comma": (_is_split, "true, false, or one of them by entity type"),
    "rasa_compat": FLAG,
}


def _task_problems(config: Mapping[str, Any]) -> Iterator[str]:
    if not (config["intent_classification"] or config["entity_recognition"]):
        yield "intent_classification and entity_recognition must not both be false"


def defaults_for(user_config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults of one config: those of Rasa 3.6 where it asks for them."""
    return {**DEFAULTS, **AS_RASA} if user_config.get("rasa_compat") is True else DEFAULTS


def check_config(config: Mapping[str, Any]) -> None:
    """Check every option.

    Raises:
        InvalidConfigException: options are wrong or not supported; the message names all of them.
    """
    check_options("DIETClassifier", config, _RULES, (_task_problems,))
