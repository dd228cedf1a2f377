"""Options of the response selector (behaviour.md 3.10, 3.11)."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.components.response_selector_config import (
    DEFAULTS,
    checked_config,
    warn_of_transformer,
)

NO_HIDDEN = {"hidden_layers_sizes": {"text": [], "label": []}}


# The column "ResponseSelector" of the table of defaults, where it differs from DIET's.
def test_defaults_are_those_of_rasa():
    expected = {
        "hidden_layers_sizes": {"text": [256, 128], "label": [256, 128]},
        "transformer_size": None,
        "number_of_transformer_layers": 0,
        "number_of_attention_heads": 4,
        "batch_size": [64, 256],
        "epochs": 300,
        "learning_rate": 0.001,
        "learning_rate_schedule": "constant",
        "warmup": 0.0,
        "use_key_relative_attention": False,
        "embedding_dimension": 20,
        "dense_dimension": {"text": 512, "label": 512},
        "concat_dimension": {"text": 512, "label": 512},
        "ranking_length": 10,
        "scale_loss": True,
        "regularization_constant": 0.002,
        "drop_rate": 0.2,
        "connection_density": 1.0,
        "use_sparse_input_dropout": False,
        "use_dense_input_dropout": False,
        "constrain_similarities": False,
        "retrieval_intent": None,
        "use_text_as_label": False,
    }
    assert {key: DEFAULTS[key] for key in expected} == expected
    assert "BILOU_flag" not in DEFAULTS
    assert checked_config(DEFAULTS) == DEFAULTS


@pytest.mark.parametrize("size", [None, 0])
def test_an_unset_transformer_size_is_256_with_a_warning(
    size: int | None, caplog: pytest.LogCaptureFixture
):
    config = {**DEFAULTS, **NO_HIDDEN, "number_of_transformer_layers": 1, "transformer_size": size}
    given = dict(config)
    assert checked_config(config)["transformer_size"] == 256
    assert config == given
    warn_of_transformer(config)
    (warning,) = caplog.messages
    assert "transformer_size is not set" in warning


def test_hidden_layers_before_a_transformer_are_warned_of_and_kept(
    caplog: pytest.LogCaptureFixture,
):
    config = {**DEFAULTS, "number_of_transformer_layers": 1, "transformer_size": 32}
    assert checked_config(config)["hidden_layers_sizes"] == DEFAULTS["hidden_layers_sizes"]
    warn_of_transformer(config)
    (warning,) = caplog.messages
    assert "set hidden_layers_sizes to empty lists" in warning


@pytest.mark.parametrize(
    "changed",
    [{}, {"transformer_size": 32}, {"number_of_transformer_layers": 1, "transformer_size": 32}],
)
def test_other_transformers_are_not_warned_of(
    changed: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING)
    warn_of_transformer({**DEFAULTS, **NO_HIDDEN, **changed})
    assert not caplog.messages


def test_all_wrong_options_are_named():
    wrong = {"retrieval_intent": "", "use_text_as_label": 1, "epochs": 0}
    with pytest.raises(InvalidConfigException) as caught:
        checked_config({**DEFAULTS, **wrong})
    assert str(caught.value).startswith("ResponseSelector: ")
    assert all(f"{key} must be" in str(caught.value) for key in wrong)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"number_of_transformer_layers": 1, "transformer_size": 6}, "must be a multiple of"),
        ({"use_masked_language_model": True}, "needs number_of_transformer_layers above 0"),
        ({"similarity_type": "cosine"}, "leaves too little between the labels"),
    ],
)
def test_senseless_combinations_are_refused_as_those_of_diet(changed: dict[str, Any], problem: str):
    with pytest.raises(InvalidConfigException, match=problem):
        checked_config({**DEFAULTS, **changed})
