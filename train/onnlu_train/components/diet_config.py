"""The options of the DIET classifier: defaults as Rasa 3.6, and what they may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onnlu_engine.errors import InvalidConfigException

DEFAULTS: dict[str, Any] = {
    "hidden_layers_sizes": {"text": [], "label": []},
    "share_hidden_layers": False,
    "transformer_size": 256,
    "number_of_transformer_layers": 2,
    "number_of_attention_heads": 4,
    "use_key_relative_attention": False,
    "use_value_relative_attention": False,
    "max_relative_position": 5,
    "unidirectional_encoder": False,
    "batch_size": [64, 256],
    "batch_strategy": "balanced",
    "drop_small_last_batch": False,
    "epochs": 300,
    "random_seed": None,
    "learning_rate": 0.001,
    "embedding_dimension": 20,
    "dense_dimension": {"text": 128, "label": 20},
    "concat_dimension": {"text": 128, "label": 20},
    "number_of_negative_examples": 20,
    "similarity_type": "auto",
    "loss_type": "cross_entropy",
    "ranking_length": 10,
    "maximum_positive_similarity": 0.8,
    "maximum_negative_similarity": -0.4,
    "use_maximum_negative_similarity": True,
    "scale_loss": False,
    "regularization_constant": 0.002,
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
}

# Options of the original that this version reads but cannot follow: any other value is refused,
# rather than ignored.
_ONLY = (
    "hidden_layers_sizes",
    "share_hidden_layers",
    "loss_type",
    "evaluate_on_number_of_examples",
    "use_masked_language_model",
    "model_confidence",
    "checkpoint_model",
    "tensorboard_log_directory",
    "run_eagerly",
)

_Rule = tuple[Callable[[Any], bool], str]


def _is_whole(value: Any, smallest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= smallest


def _is_number(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _whole(smallest: int) -> _Rule:
    return lambda value: _is_whole(value, smallest), f"a whole number from {smallest}"


def _number(low: float, high: float) -> _Rule:
    return lambda value: _is_number(value, low, high), f"a number from {low:g} to {high:g}"


def _one_of(*choices: str) -> _Rule:
    return lambda value: value in choices, f"one of {', '.join(choices)}"


def _is_batch_size(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) == 2 and all(_is_whole(v, 1) for v in value) and value[0] <= value[1]
    return _is_whole(value, 1)


def _is_widths(value: Any) -> bool:
    if not isinstance(value, Mapping) or value.keys() != {"text", "label"}:
        return False
    return all(_is_whole(v, 1) for v in value.values())


_FLAG: _Rule = (lambda value: isinstance(value, bool), "true or false")

_RULES: dict[str, _Rule] = {
    "transformer_size": _whole(1),
    "number_of_transformer_layers": _whole(1),
    "number_of_attention_heads": _whole(1),
    "use_key_relative_attention": _FLAG,
    "use_value_relative_attention": _FLAG,
    "max_relative_position": _whole(1),
    "unidirectional_encoder": _FLAG,
    "batch_size": (_is_batch_size, "a whole number from 1, or [first, last] with first <= last"),
    "batch_strategy": _one_of("balanced", "sequence"),
    "drop_small_last_batch": _FLAG,
    "epochs": _whole(1),
    "random_seed": (
        lambda value: value is None or (_is_number(value, 0, 2**32 - 1) and isinstance(value, int)),
        "a whole number from 0 to 4294967295, or null",
    ),
    "learning_rate": _number(1e-9, 1),
    "embedding_dimension": _whole(1),
    "dense_dimension": (_is_widths, "a whole number from 1 for text and for label"),
    "number_of_negative_examples": _whole(1),
    "similarity_type": _one_of("auto", "inner"),
    "ranking_length": _whole(0),
    "scale_loss": _FLAG,
    "regularization_constant": _number(0, 1e6),
    "drop_rate": _number(0, 0.999),
    "drop_rate_attention": _number(0, 0.999),
    "connection_density": _number(0, 1),
    "use_sparse_input_dropout": _FLAG,
    "use_dense_input_dropout": _FLAG,
    "intent_classification": _FLAG,
    "entity_recognition": _FLAG,
    "BILOU_flag": _FLAG,
    "split_entities_by_comma": (
        lambda value: (
            isinstance(value, bool)
            or (isinstance(value, Mapping) and all(isinstance(v, bool) for v in value.values()))
        ),
        "true, false, or one of them by entity type",
    ),
    "constrain_similarities": _FLAG,
    "renormalize_confidences": _FLAG,
    "featurizers": (
        lambda value: isinstance(value, list) and all(isinstance(v, str) for v in value),
        "a list of names of featurizers",
    ),
}


def check_config(config: Mapping[str, Any]) -> None:
    """Check every option.

    Raises:
        InvalidConfigException: options are wrong or not supported; the message names all of them.
    """
    problems = [
        f"{key} must be {expected}, not {config[key]!r}"
        for key, (is_right, expected) in _RULES.items()
        if not is_right(config[key])
    ]
    problems += [
        f"{key}: only {DEFAULTS[key]!r} is supported, not {config[key]!r}"
        for key in _ONLY
        if config[key] != DEFAULTS[key]
    ]
    if not problems and config["transformer_size"] % config["number_of_attention_heads"]:
        problems.append(
            f"transformer_size {config['transformer_size']} must be a multiple of "
            f"number_of_attention_heads {config['number_of_attention_heads']}"
        )
    if not (config["intent_classification"] or config["entity_recognition"]):
        problems.append("intent_classification and entity_recognition must not both be false")
    if problems:
        raise InvalidConfigException("DIETClassifier: " + "; ".join(problems) + ".")
