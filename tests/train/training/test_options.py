"""A component's options and the keys of `train:`, which go before them (behaviour.md 3.9)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.components.diet_config import DEFAULTS
from onnlu_train.training.options import TrainingOptions, number_held_out, training_options


def options(component: dict[str, Any] | None = None, **train: Any) -> TrainingOptions:
    return training_options({**DEFAULTS, **(component or {})}, train)


def test_without_train_a_component_decides():
    steady = {"learning_rate_schedule": "constant", "warmup": 0.0}
    found = options({"epochs": 7, "batch_size": 5, "learning_rate": 0.5, **steady})
    assert (found.epochs, found.batch_size, found.learning_rate) == (7, 5, 0.5)
    assert not found.watches
    assert not found.varies_learning_rate


@pytest.mark.parametrize(
    ("component", "train", "attribute", "expected"),
    [
        ({"batch_strategy": "sequence"}, {}, "balanced", False),
        ({"drop_small_last_batch": True}, {}, "drop_small_last_batch", True),
        ({"tensorboard_log_directory": "own"}, {}, "tensorboard", Path("own")),
        ({"tensorboard_log_directory": "own"}, {"tensorboard": "t"}, "tensorboard", Path("t")),
        ({"tensorboard_log_level": "batch"}, {}, "tensorboard_level", "batch"),
        (
            {"tensorboard_log_level": "batch"},
            {"tensorboard_level": "epoch"},
            "tensorboard_level",
            "epoch",
        ),
        (
            {"checkpoint_model": True, "evaluate_on_number_of_examples": 5},
            {},
            "restore_best",
            True,
        ),
        (
            {"checkpoint_model": True, "evaluate_on_number_of_examples": 5},
            {"restore_best": False},
            "restore_best",
            False,
        ),
        ({}, {"gradient_clipping": 2}, "gradient_clipping", 2),
        ({"learning_rate_schedule": "linear"}, {}, "learning_rate_schedule", "linear"),
        (
            {"learning_rate_schedule": "linear"},
            {"learning_rate_schedule": "constant"},
            "learning_rate_schedule",
            "constant",
        ),
        ({"warmup": 0.3}, {}, "warmup", 0.3),
        ({"warmup": 0.3}, {"warmup": 0}, "warmup", 0),
    ],
)
def test_train_goes_before_an_option_of_the_same_meaning(
    component: dict[str, Any], train: dict[str, Any], attribute: str, expected: Any
):
    assert getattr(options(component, **train), attribute) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"learning_rate_schedule": "constant", "warmup": 0.0}, False),
        ({"learning_rate_schedule": "constant", "warmup": 0.1}, True),
        ({"learning_rate_schedule": "cosine", "warmup": 0.0}, True),
    ],
)
def test_schedule_and_warm_up_vary_the_learning_rate(changed: dict[str, Any], expected: bool):
    assert options(changed).varies_learning_rate is expected


def test_a_component_needs_no_more_than_the_basic_options():
    component = {"epochs": 3, "batch_size": 4, "learning_rate": 0.1}
    assert training_options(component, {}) == TrainingOptions(3, 4, learning_rate=0.1)


@pytest.mark.parametrize(
    ("component", "train", "expected"),
    [
        ({"evaluate_on_number_of_examples": 5}, {}, 20),
        (
            {"evaluate_on_number_of_examples": 5, "evaluate_every_number_of_epochs": 3},
            {},
            3,
        ),
        (
            {"evaluate_on_number_of_examples": 5, "evaluate_every_number_of_epochs": -1},
            {},
            300,
        ),
        ({"evaluate_on_number_of_examples": 5}, {"evaluate_every": 4}, 4),
        ({"evaluate_on_number_of_examples": 5}, {"validation_split": 0.1}, 1),
        ({}, {"validation_data": "dev.yml"}, 1),
        ({}, {"validation_split": 0.1, "evaluate_every": 2}, 2),
    ],
)
def test_who_asks_for_validation_says_how_often(
    component: dict[str, Any], train: dict[str, Any], expected: int
):
    assert options(component, **train).evaluate_every == expected


@pytest.mark.parametrize(
    ("train", "expected"), [({}, 5), ({"validation_split": 0.1}, 0), ({"validation_split": 0}, 5)]
)
def test_validation_by_train_replaces_the_component_s(train: dict[str, Any], expected: int):
    assert number_held_out({"evaluate_on_number_of_examples": 5}, train) == expected


@pytest.mark.parametrize(
    ("component", "train", "named"),
    [
        ({}, {"patience": 3}, "patience"),
        ({}, {"restore_best": True}, "restore_best"),
        ({"checkpoint_model": True}, {}, "checkpoint_model"),
    ],
)
def test_what_watches_validation_needs_it(
    component: dict[str, Any], train: dict[str, Any], named: str
):
    with pytest.raises(InvalidConfigException, match=rf"^'{named}' watches val_score"):
        options(component, **train)
    assert options(component, **train, monitor="t_loss").watches
    assert options(component, **train, validation_split=0.1).watches


def test_float16_on_a_cpu_is_refused():
    with pytest.raises(InvalidConfigException, match="runs on the CPU"):
        options(mixed_precision="float16")


@pytest.mark.parametrize(
    ("wanted", "device", "expected"),
    [
        ("off", "gpu:0", False),
        ("auto", "cpu", False),
        ("auto", "gpu:0", True),
        ("float16", "gpu:1", True),
    ],
)
def test_mixed_precision_is_for_gpus(wanted: str, device: str, expected: bool):
    found = training_options(DEFAULTS, {"mixed_precision": wanted}, device)
    assert found.mixed_precision is expected
