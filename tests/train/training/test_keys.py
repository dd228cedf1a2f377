"""The keys of `train:` and what they may be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.training.keys import TRAIN_KEYS, check_keys

DOCS = Path(__file__).parents[3] / "docs" / "training.md"


def problem(**settings: Any) -> str:
    with pytest.raises(InvalidConfigException) as caught:
        check_keys(settings)
    return str(caught.value)


def test_every_default_is_right():
    check_keys({key: option.default for key, option in TRAIN_KEYS.items()})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("epochs", 0),
        ("epochs", True),
        ("epochs", 1.5),
        ("batch_size", [64, 32]),
        ("batch_size", 0),
        ("learning_rate", 0),
        ("learning_rate", "fast"),
        ("random_seed", -1),
        ("random_seed", 2**32),
        ("random_seed", 1.0),
        ("random_seed", True),
        ("learning_rate_schedule", "step"),
        ("warmup", 1.1),
        ("gradient_clipping", 0),
        ("mixed_precision", "bfloat16"),
        ("mixed_precision", False),
        ("validation_split", 0.6),
        ("validation_split", -0.1),
        ("validation_data", []),
        ("validation_data", 5),
        ("evaluate_every", 0),
        ("monitor", None),
        ("patience", 0),
        ("restore_best", "yes"),
        ("checkpoint_every", -1),
        ("checkpoint_every", float("nan")),
        ("tensorboard", ""),
        ("tensorboard_level", "minibatch"),
        ("loggers", "mlflow"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_may_be(key: str, value: Any):
    message = problem(**{key: value})
    assert message.startswith(f"'train.{key}' must be ")
    assert message.endswith(f"not {value!r}")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("batch_size", [32, 64]),
        ("random_seed", 0),
        ("random_seed", 2**32 - 1),
        ("validation_data", "dev.yml"),
        ("validation_data", ["dev.yml", "more"]),
        ("gradient_clipping", 1),
        ("checkpoint_every", 0.5),
        ("checkpoint_every", None),
        ("restore_best", False),
    ],
)
def test_a_right_value_is_taken(key: str, value: Any):
    check_keys({key: value})


def test_all_problems_are_told_with_the_nearest_known_names():
    message = problem(epocs=3, monitor="val_i_ac", patience=0)
    assert message.splitlines() == [
        "unknown key 'train.epocs'. Did you mean 'epochs'?",
        "'train.monitor': there is no metric 'val_i_ac'. Did you mean 'val_i_acc'?",
        "'train.patience' must be a whole number of at least 1, or null, not 0",
    ]


def test_two_sources_of_validation_data_exclude_each_other():
    assert "exclude each other" in problem(validation_split=0.1, validation_data="dev.yml")


def test_the_documentation_names_every_key_with_its_default():
    rows = re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", DOCS.read_text(encoding="utf-8"), re.M)
    documented = {key: YAML(typ="safe", pure=True).load(default) for key, default in rows}
    assert documented == {key: option.default for key, option in TRAIN_KEYS.items()}
