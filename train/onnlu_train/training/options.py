"""How one model is trained: its component's options, and the keys of `train:` before them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.training.keys import TRAIN_KEYS
from onnlu_train.training.monitor import VALIDATION


@dataclass(frozen=True)
class TrainingOptions:
    """How a model is trained.

    Attributes:
        epochs: passes over the data.
        batch_size: examples a batch; [first, last] grows linearly over the epochs.
        balanced: keep each label's share in every stretch of batches.
        drop_small_last_batch: leave the last batch out if it is less than half full.
        as_rasa: batches are not sorted by length, and Adam updates every row in every step.
        learning_rate: of Adam; with a schedule its largest value.
        learning_rate_schedule: how it goes on behind the warm-up.
        warmup: share of the training in which it rises.
        gradient_clipping: largest global norm of a step's gradients; None for none.
        mixed_precision: compute in float16 where that is safe; on GPUs only.
        evaluate_every: epochs from one validation to the next; the last epoch is always validated.
        monitor: the metric that is watched.
        patience: evaluations without a better value until the training stops; None for no end.
        restore_best: keep the weights of the best epoch.
        tensorboard: directory of event files; None for none.
        run_eagerly: run every operation as it comes, as for a debugger; many times slower.
        tensorboard_level: write once an "epoch" or a "batch".
    """

    epochs: int
    batch_size: int | list[int]
    balanced: bool = True
    drop_small_last_batch: bool = False
    as_rasa: bool = False
    learning_rate: float = 0.001
    learning_rate_schedule: str = "constant"
    warmup: float = 0.0
    gradient_clipping: float | None = None
    mixed_precision: bool = False
    evaluate_every: int = 1
    monitor: str = "val_score"
    patience: int | None = None
    restore_best: bool = False
    tensorboard: Path | None = None
    tensorboard_level: str = "epoch"
    run_eagerly: bool = False

    @property
    def watches(self) -> bool:
        """Whether a metric decides on anything."""
        return self.restore_best or self.patience is not None

    @property
    def varies_learning_rate(self) -> bool:
        """Whether the learning rate differs from step to step."""
        return self.learning_rate_schedule != "constant" or self.warmup > 0


def training_options(
    component: Mapping[str, Any], train: Mapping[str, Any], device: str = "cpu"
) -> TrainingOptions:
    """Merge a component's options with the keys of `train:`, which go before them.

    Args:
        component: its whole config, under the names of Rasa 3.6; epochs, batch size and learning
            rate of `train:` are in it already.
        train: keys of `train:`, each checked.
        device: where the training runs.

    Raises:
        InvalidConfigException: they ask for what cannot be had together.
    """
    settings = {key: train.get(key, option.default) for key, option in TRAIN_KEYS.items()}
    options = TrainingOptions(
        epochs=component["epochs"],
        batch_size=component["batch_size"],
        balanced=component.get("batch_strategy", "balanced") == "balanced",
        drop_small_last_batch=component.get("drop_small_last_batch", False),
        as_rasa=component.get("rasa_compat", False),
        learning_rate=component["learning_rate"],
        learning_rate_schedule=_first(
            settings["learning_rate_schedule"], component.get("learning_rate_schedule"), "constant"
        ),
        warmup=_first(settings["warmup"], component.get("warmup"), 0.0),
        gradient_clipping=settings["gradient_clipping"],
        mixed_precision=uses_mixed_precision(train, device),
        evaluate_every=_evaluate_every(component, settings),
        monitor=settings["monitor"],
        patience=settings["patience"],
        restore_best=_first(settings["restore_best"], component.get("checkpoint_model"), False),
        tensorboard=_path(settings["tensorboard"] or component.get("tensorboard_log_directory")),
        tensorboard_level=_first(
            settings["tensorboard_level"], component.get("tensorboard_log_level"), "epoch"
        ),
        run_eagerly=component.get("run_eagerly", False),
    )
    if options.watches and options.monitor.startswith(VALIDATION):
        _check_is_validated(component, settings, options)
    return options


def asks_for_validation(train: Mapping[str, Any]) -> bool:
    """Tell whether `train:` names validation data, or a part of the training data to hold out."""
    return bool(train.get("validation_split") or train.get("validation_data"))


def number_held_out(component: Mapping[str, Any], train: Mapping[str, Any]) -> int:
    """Return how many examples a component validates on by its own options; `train:` goes first."""
    if asks_for_validation(train):
        return 0
    return int(component.get("evaluate_on_number_of_examples", 0))


def uses_mixed_precision(train: Mapping[str, Any], device: str) -> bool:
    """Tell whether a training on a device computes in float16 where that is safe.

    Args:
        train: keys of `train:`, each checked.
        device: where the training runs, "cpu" or "gpu:<number>".

    Raises:
        InvalidConfigException: float16 is asked for on the CPU.
    """
    wanted = train.get("mixed_precision", TRAIN_KEYS["mixed_precision"].default)
    on_gpu = device.startswith("gpu")
    if wanted == "float16" and not on_gpu:
        raise InvalidConfigException(
            "'train.mixed_precision' is float16, but the training runs on the CPU, where float16 "
            "is slower and not exact. Train on a GPU, or set it to auto or off."
        )
    return wanted != "off" and on_gpu


def _evaluate_every(component: Mapping[str, Any], settings: Mapping[str, Any]) -> int:
    """Return the epochs between validations; the component's -1 stands for the last one only."""
    own = component.get("evaluate_every_number_of_epochs", 1)
    default = own if number_held_out(component, settings) else 1
    chosen: int = _first(settings["evaluate_every"], default)
    return component["epochs"] if chosen == -1 else chosen


def _check_is_validated(
    component: Mapping[str, Any], settings: Mapping[str, Any], options: TrainingOptions
) -> None:
    if asks_for_validation(settings) or number_held_out(component, settings):
        return
    what = "patience" if options.patience is not None else "restore_best"
    if settings["restore_best"] is None and options.restore_best:
        what = "checkpoint_model"
    raise InvalidConfigException(
        f"'{what}' watches {options.monitor}, and there is no validation data: set "
        "train.validation_split or train.validation_data, or have train.monitor watch a metric "
        "of the training, such as t_loss."
    )


def _first(*values: Any) -> Any:
    """Return the first value that is not None."""
    return next(value for value in values if value is not None)


def _path(value: str | None) -> Path | None:
    return None if value is None else Path(value)
