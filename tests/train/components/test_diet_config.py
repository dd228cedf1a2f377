"""Options are checked together, and none is silently ignored (behaviour.md 3.10)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from onnlu.features import Features
from onnlu.message import Message
from onnlu_engine.errors import InvalidConfigException
from onnlu_engine.node import merged_config
from onnlu_train.components.diet_classifier import DIETClassifier
from onnlu_train.components.diet_config import DEFAULTS, check_config
from onnlu_train.components.model_options import check_featurizers


def problems(**changed: Any) -> str:
    with pytest.raises(InvalidConfigException) as caught:
        check_config({**DEFAULTS, **changed})
    assert caught.value.exit_code == 3
    return str(caught.value)


def test_the_defaults_are_right():
    check_config(DEFAULTS)


def test_rasa_compat_gives_the_defaults_of_rasa_for_what_is_not_set():
    merged = merged_config(DIETClassifier, {"rasa_compat": True, "learning_rate": 0.01})
    check_config(merged)
    # The table of behaviour.md 3.10.
    assert merged["batch_size"] == [64, 256]
    assert merged["regularization_constant"] == 0.002
    assert merged["use_key_relative_attention"] is False
    assert merged["learning_rate_schedule"] == "constant"
    assert merged["learning_rate"] == 0.01
    assert merged["embedding_dimension"] == 20
    assert merged["dense_dimension"] == {"text": 128, "label": 20}


def test_without_rasa_compat_a_config_has_our_defaults():
    assert merged_config(DIETClassifier, {}) == DEFAULTS
    assert merged_config(DIETClassifier, {"rasa_compat": False}) == DEFAULTS


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
        ("transformer_size", 0),
        ("number_of_transformer_layers", -1),
        ("max_relative_position", 0),
        ("max_relative_position", None),
        ("unidirectional_encoder", "yes"),
        ("dense_dimension", 128),
        ("dense_dimension", {"text": 128, "label": 0}),
        ("dense_dimension", {"text": 128}),
        ("dense_dimension", {"text": "auto", "label": 20}),
        ("embedding_dimension", "large"),
        ("concat_dimension", {"text": 128, "label": "auto"}),
        ("dense_dimension", {"text": 128, "label": 20, "tekst": 5}),
        ("random_seed", -1),
        ("random_seed", 1.0),
        ("random_seed", 2**32),
        ("ranking_length", -1),
        ("BILOU_flag", "yes"),
        ("featurizers", "all"),
        ("featurizers", [1]),
        ("split_entities_by_comma", {"city": 1}),
        ("similarity_type", "dot"),
        ("loss_type", "softmax"),
        ("model_confidence", "linear_norm"),
        ("model_confidence", "cosine"),
        ("model_confidence", "inner"),
        ("hidden_layers_sizes", [256]),
        ("hidden_layers_sizes", {"text": [0], "label": []}),
        ("hidden_layers_sizes", {"text": 256, "label": []}),
        ("share_hidden_layers", "text"),
        ("concat_dimension", {"text": 128}),
        ("use_masked_language_model", 1),
        ("maximum_positive_similarity", "high"),
        ("maximum_negative_similarity", None),
        ("use_maximum_negative_similarity", 0),
        ("negative_margin_scale", -1),
        ("rasa_compat", None),
        ("run_eagerly", "yes"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_may_be(key: str, value: Any):
    message = problems(**{key: value})
    assert message.startswith(f"DIETClassifier: {key} must be ")
    assert repr(value) in message


def test_an_unknown_key_within_an_option_is_named_with_the_nearest_one():
    message = problems(dense_dimension={"text": 128, "label": 20, "lable": "auto"}, epochs=0)
    assert "(unknown key 'lable'. Did you mean 'label'?)" in message
    assert "epochs must be a whole number from 1" in message
    # Where an option is no mapping by text and label, its keys are not judged.
    cities = {"text": 1, "label": True, "city": True}
    assert "unknown key" not in problems(split_entities_by_comma=cities)


# "U % H != 0": the original exits the process.
def test_heads_have_to_divide_the_size_of_the_transformer():
    message = problems(transformer_size=10, number_of_attention_heads=4)
    assert "transformer_size 10 must be a multiple of number_of_attention_heads 4" in message


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"transformer_size": None}, "transformer_size null needs number_of_transformer_layers 0"),
        (
            {"use_masked_language_model": True, "number_of_transformer_layers": 0},
            "use_masked_language_model needs number_of_transformer_layers above 0",
        ),
        (
            {
                "share_hidden_layers": True,
                "hidden_layers_sizes": {"text": [32], "label": [16]},
            },
            "share_hidden_layers needs equal hidden_layers_sizes, but text has [32] and label [16]",
        ),
        ({"similarity_type": "cosine"}, "similarity_type cosine leaves too little"),
        (
            {"renormalize_confidences": True, "model_confidence": "auto"},
            "renormalize_confidences needs model_confidence softmax",
        ),
        (
            {"renormalize_confidences": True, "loss_type": "margin"},
            "renormalize_confidences needs model_confidence softmax",
        ),
    ],
)
def test_options_that_make_no_sense_together_are_named(changed: dict[str, Any], problem: str):
    assert problem in problems(**changed)


def test_there_has_to_be_something_to_learn():
    message = problems(intent_classification=False, entity_recognition=False)
    assert "must not both be false" in message


def test_all_problems_are_named_at_once():
    message = problems(epochs=0, drop_rate=2, loss_type="none", BILOU_flag=3)
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
        {"transformer_size": None, "number_of_transformer_layers": 0},
        {"transformer_size": 10, "number_of_transformer_layers": 0},
        {"hidden_layers_sizes": {"text": [256, 128], "label": []}},
        {"share_hidden_layers": True},
        {"loss_type": "margin"},
        {"loss_type": "margin", "similarity_type": "cosine"},
        {"similarity_type": "cosine", "model_confidence": "auto"},
        {"renormalize_confidences": True},
    ],
)
def test_values_on_the_border_are_right(changed: dict[str, Any]):
    check_config({**DEFAULTS, **changed})


def test_featurizers_that_have_left_nothing_are_named():
    matrix = np.zeros((1, 2), np.float32)
    messages = [Message(features=[Features(matrix, "sentence", "text", "vectors")]), Message()]
    check_featurizers("DIETClassifier", ["vectors"], messages)
    with pytest.raises(InvalidConfigException) as caught:
        check_featurizers("DIETClassifier", ["vector", "vectors"], messages)
    assert "'vector' has left no features. Did you mean 'vectors'?" in str(caught.value)
