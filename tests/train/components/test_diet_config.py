"""Options are checked together, and none is silently ignored (behaviour.md 3.10)."""

from __future__ import annotations

from typing import Any

import pytest

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.components.diet_config import DEFAULTS, check_config


def problems(**changed: Any) -> str:
    with pytest.raises(InvalidConfigException) as caught:
        check_config({**DEFAULTS, **changed})
    assert caught.value.exit_code == 3
    return str(caught.value)


def test_the_defaults_are_right():
    check_config(DEFAULTS)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epochs", 0),
        ("epochs", 1.5),
        ("epochs", True),
        ("epochs", "many"),
        ("epochs", None),
        ("batch_size", [256, 64]),
        ("batch_size", [64]),
        ("batch_size", 0),
        ("batch_size", [0, 4]),
        ("batch_strategy", "random"),
        ("batch_strategy", []),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("drop_rate", 1.0),
        ("drop_rate", -0.1),
        ("connection_density", 1.1),
        ("transformer_size", None),
        ("number_of_transformer_layers", 0),
        ("max_relative_position", 0),
        ("max_relative_position", None),
        ("unidirectional_encoder", "yes"),
        ("dense_dimension", 128),
        ("dense_dimension", {"text": 128, "label": 0}),
        ("dense_dimension", {"text": 128}),
        ("dense_dimension", {"text": 128, "label": 20, "tekst": 5}),
        ("random_seed", -1),
        ("random_seed", 1.0),
        ("random_seed", 2**32),
        ("ranking_length", -1),
        ("BILOU_flag", "yes"),
        ("featurizers", "all"),
        ("featurizers", [1]),
        ("split_entities_by_comma", {"city": 1}),
        ("similarity_type", "cosine"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_may_be(key: str, value: Any):
    message = problems(**{key: value})
    assert message.startswith(f"DIETClassifier: {key} must be ")
    assert repr(value) in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("loss_type", "margin"),
        ("use_masked_language_model", True),
        ("share_hidden_layers", True),
        ("hidden_layers_sizes", {"text": [256], "label": []}),
        ("model_confidence", "linear_norm"),
        ("checkpoint_model", True),
        ("evaluate_on_number_of_examples", 10),
        ("tensorboard_log_directory", "logs"),
        ("run_eagerly", True),
    ],
)
def test_an_option_that_is_not_followed_is_refused(key: str, value: Any):
    assert f"{key}: only {DEFAULTS[key]!r} is supported" in problems(**{key: value})


# "U % H != 0": the original exits the process.
def test_heads_have_to_divide_the_size_of_the_transformer():
    message = problems(transformer_size=10, number_of_attention_heads=4)
    assert "transformer_size 10 must be a multiple of number_of_attention_heads 4" in message


def test_there_has_to_be_something_to_learn():
    message = problems(intent_classification=False, entity_recognition=False)
    assert "must not both be false" in message


def test_all_problems_are_named_at_once():
    message = problems(epochs=0, drop_rate=2, loss_type="margin", BILOU_flag=3)
    for key in ("epochs", "drop_rate", "loss_type", "BILOU_flag"):
        assert key in message


@pytest.mark.parametrize(
    "changed",
    [
        {"batch_size": 16},
        {"batch_size": [4, 4]},
        {"random_seed": 0},
        {"ranking_length": 0},
        {"split_entities_by_comma": {"city": False}},
        {"connection_density": 0},
        {"connection_density": 1},
        {"regularization_constant": 0},
        {"transformer_size": 12, "number_of_attention_heads": 3},
    ],
)
def test_values_on_the_border_are_right(changed: dict[str, Any]):
    check_config({**DEFAULTS, **changed})
