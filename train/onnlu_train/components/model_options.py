"""The options of every component that trains a transformer: what they may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from onnlu.message import Message
from onnlu_engine.errors import InvalidConfigException, did_you_mean
from onnlu_train.training.keys import LARGEST_SEED, is_batch_size, is_seed
from onnlu_train.training.schedule import SCHEDULES

Rule = tuple[Callable[[Any], bool], str]
"""Tells whether a value is right, and what it must be, to end the sentence "must be ..."."""

Check = Callable[[Mapping[str, Any]], Iterator[str]]


_ATTRIBUTES = {"text", "label"}


def _is_whole(value: Any, smallest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= smallest


def _is_number(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _whole(smallest: int) -> Rule:
    return lambda value: _is_whole(value, smallest), f"a whole number from {smallest}"


def _number(low: float, high: float) -> Rule:
    return lambda value: _is_number(value, low, high), f"a number from {low:g} to {high:g}"


def _one_of(*choices: str) -> Rule:
    return lambda value: value in choices, f"one of {', '.join(choices)}"


def _is_by_attribute(value: Any, is_right: Callable[[Any], bool]) -> bool:
    if not isinstance(value, Mapping) or value.keys() != _ATTRIBUTES:
        return False
    return all(is_right(v) for v in value.values())


def _is_width(value: Any) -> bool:
    return _is_whole(value, 1)


def _is_width_or_auto(value: Any) -> bool:
    return _is_width(value) or value == "auto"


def _are_widths(value: Any) -> bool:
    return isinstance(value, list) and all(_is_width(v) for v in value)


FLAG: Rule = (lambda value: isinstance(value, bool), "true or false")
_WIDTHS: Rule = (
    lambda value: _is_by_attribute(value, _is_width),
    "a whole number from 1 for text and for label",
)
_EMBEDDING: Rule = (_is_width_or_auto, "a whole number from 1, or auto")
_DENSE: Rule = (
    lambda value: _is_by_attribute(value, _is_width_or_auto) and _is_width(value["text"]),
    "a whole number from 1 for text, and one or auto for label",
)

_RULES: dict[str, Rule] = {
    "hidden_layers_sizes": (
        lambda value: _is_by_attribute(value, _are_widths),
        "a list of whole numbers from 1 for text and for label",
    ),
    "share_hidden_layers": FLAG,
    "transformer_size": (
        lambda value: value is None or _is_width(value),
        "a whole number from 1, or null without transformer",
    ),
    "number_of_transformer_layers": _whole(0),
    "number_of_attention_heads": _whole(1),
    "use_key_relative_attention": FLAG,
    "use_value_relative_attention": FLAG,
    "max_relative_position": _whole(1),
    "unidirectional_encoder": FLAG,
    "batch_size": (is_batch_size, "a whole number from 1, or [first, last] with first <= last"),
    "batch_strategy": _one_of("balanced", "sequence"),
    "drop_small_last_batch": FLAG,
    "epochs": _whole(1),
    "random_seed": (
        lambda value: value is None or is_seed(value),
        f"a whole number from 0 to {LARGEST_SEED}, or null",
    ),
    "learning_rate": _number(1e-9, 1),
    "learning_rate_schedule": _one_of(*SCHEDULES),
    "warmup": _number(0, 1),
    "embedding_dimension": _EMBEDDING,
    "dense_dimension": _DENSE,
    "concat_dimension": _WIDTHS,
    "number_of_negative_examples": _whole(1),
    "similarity_type": _one_of("auto", "inner", "cosine"),
    "loss_type": _one_of("cross_entropy", "margin"),
    "ranking_length": _whole(0),
    "maximum_positive_similarity": _number(-1e6, 1e6),
    "maximum_negative_similarity": _number(-1e6, 1e6),
    "use_maximum_negative_similarity": FLAG,
    "negative_margin_scale": _number(0, 1e6),
    "scale_loss": FLAG,
    "regularization_constant": _number(0, 1e6),
    "drop_rate": _number(0, 0.999),
    "drop_rate_attention": _number(0, 0.999),
    "connection_density": _number(0, 1),
    "use_sparse_input_dropout": FLAG,
    "use_dense_input_dropout": FLAG,
    "use_masked_language_model": FLAG,
    "evaluate_every_number_of_epochs": (
        lambda value: value == -1 or _is_whole(value, 1),
        "a whole number from 1, or -1 for the last epoch only",
    ),
    "evaluate_on_number_of_examples": _whole(0),
    "checkpoint_model": FLAG,
    "run_eagerly": FLAG,
    "tensorboard_log_directory": (
        lambda value: value is None or (isinstance(value, str) and value != ""),
        "a path, or null",
    ),
    "tensorboard_log_level": _one_of("epoch", "batch"),
    "constrain_similarities": FLAG,
    "model_confidence": _one_of("softmax", "auto"),
    "renormalize_confidences": FLAG,
    "featurizers": (
        lambda value: isinstance(value, list) and all(isinstance(v, str) for v in value),
        "a list of names of featurizers",
    ),
}


def _transformer_problems(config: Mapping[str, Any]) -> Iterator[str]:
    size, heads = config["transformer_size"], config["number_of_attention_heads"]
    if not config["number_of_transformer_layers"]:
        if config["use_masked_language_model"]:
            yield "use_masked_language_model needs number_of_transformer_layers above 0"
    elif size is None:
        yield "transformer_size null needs number_of_transformer_layers 0"
    elif size % heads:
        yield f"transformer_size {size} must be a multiple of number_of_attention_heads {heads}"


def _sharing_problems(config: Mapping[str, Any]) -> Iterator[str]:
    sizes = config["hidden_layers_sizes"]
    if config["share_hidden_layers"] and sizes["text"] != sizes["label"]:
        yield (
            "share_hidden_layers needs equal hidden_layers_sizes, but text has "
            f"{sizes['text']} and label {sizes['label']}"
        )


def _loss_problems(config: Mapping[str, Any]) -> Iterator[str]:
    is_margin = config["loss_type"] == "margin"
    is_softmax = config["model_confidence"] == "softmax" and not is_margin
    if is_softmax and config["similarity_type"] == "cosine":
        yield (
            "similarity_type cosine leaves too little between the labels for model_confidence "
            "softmax: use inner or auto, loss_type margin, or model_confidence auto"
        )
    if config["renormalize_confidences"] and not is_softmax:
        yield "renormalize_confidences needs model_confidence softmax and loss_type cross_entropy"


# Each takes options that are right by themselves and yields what is wrong with them together.
_CHECKS: tuple[Check, ...] = (_transformer_problems, _sharing_problems, _loss_problems)


def _unknown_attributes(key: str, value: Any) -> str:
    """Return what there is to say of keys beside text and label, in options that have these."""
    if key not in _RULES or not isinstance(value, Mapping) or not value.keys() > _ATTRIBUTES:
        return ""
    unknown = sorted(str(attribute) for attribute in value.keys() - _ATTRIBUTES)
    said = [f"unknown key '{name}'. {did_you_mean(name, _ATTRIBUTES)}" for name in unknown]
    return f" ({' '.join(said)})"


def check_options(
    component: str,
    config: Mapping[str, Any],
    own_rules: Mapping[str, Rule],
    own_checks: Sequence[Check] = (),
) -> None:
    """Check every option of a component.

    Args:
        component: its name.
        config: its options, defaults included.
        own_rules: of the options that it does not have in common with others.
        own_checks: each yields what is wrong with options that are right by themselves.

    Raises:
        InvalidConfigException: options are wrong; the message names all of them.
    """
    problems = [
        f"{key} must be {expected}, not {config[key]!r}{_unknown_attributes(key, config[key])}"
        for key, (is_right, expected) in {**_RULES, **own_rules}.items()
        if not is_right(config[key])
    ]
    if not problems:
        problems = [problem for check in (*_CHECKS, *own_checks) for problem in check(config)]
    if problems:
        raise InvalidConfigException(
            f"{component}: {'; '.join(problems)}. Correct this, or leave a key out to keep its "
            "default."
        )


def check_featurizers(
    component: str, featurizers: Sequence[str], messages: Sequence[Message]
) -> None:
    """Check that every featurizer that a component names has left features.

    Raises:
        InvalidConfigException: none of the messages has features of a featurizer.
    """
    origins = {features.origin for message in messages for features in message.features}
    unknown = [
        f"'{name}' has left no features. {did_you_mean(name, origins)}"
        for name in featurizers
        if name not in origins
    ]
    if unknown:
        raise InvalidConfigException(f"{component}: featurizers: " + " ".join(unknown))
