"""The keys of a config's `train:`: what each is by default, and what it may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from onnlu.components.options import Option, choice, is_positive, is_texts
from onnlu_engine.errors import InvalidConfigException, did_you_mean
from onnlu_train.training.monitor import METRICS
from onnlu_train.training.schedule import SCHEDULES

LARGEST_SEED: Final = 2**32 - 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(default: float, low: float, high: float) -> Option:
    return Option(
        default,
        f"a number from {low:g} to {high:g}",
        lambda value: _is_number(value) and low <= value <= high,
    )


def _or_null(option: Option, default: Any = None) -> Option:
    """Return the same option, that may be null too."""
    return Option(
        default, f"{option.allowed}, or null", lambda value: value is None or option.accepts(value)
    )


def is_batch_size(value: Any) -> bool:
    """Tell whether a value is a batch size, or the first and the last of growing ones."""
    if isinstance(value, list):
        return len(value) == 2 and all(map(is_positive, value)) and value[0] <= value[1]
    return is_positive(value)


def is_seed(value: Any) -> bool:
    """Tell whether a value is a random seed."""
    return isinstance(value, int) and _is_number(value) and 0 <= value <= LARGEST_SEED


def _is_paths(value: Any) -> bool:
    return (isinstance(value, str) and value != "") or (is_texts(value) and value != [])


_POSITIVE = Option(1, "a whole number of at least 1", is_positive)
_FLAG = Option(False, "true or false", lambda value: isinstance(value, bool))
_PATH = Option("", "a path", lambda value: isinstance(value, str) and value != "")

COMPONENT_KEYS: Final[tuple[str, ...]] = (
    *("epochs", "batch_size", "random_seed"),
    *("learning_rate", "learning_rate_schedule", "warmup"),
)
"""Options of components, under the same names; here they hold for all of them."""

TRAIN_KEYS: Final[dict[str, Option]] = {
    "epochs": _or_null(_POSITIVE),
    "batch_size": _or_null(
        Option(
            1, "a whole number of at least 1, or [first, last] with first <= last", is_batch_size
        )
    ),
    "learning_rate": _or_null(_number(0, 1e-9, 1)),
    "random_seed": _or_null(Option(0, f"a whole number from 0 to {LARGEST_SEED}", is_seed)),
    "learning_rate_schedule": _or_null(choice("constant", *SCHEDULES)),
    "warmup": _or_null(_number(0.0, 0, 1)),
    "gradient_clipping": _or_null(_number(0, 1e-9, 1e9)),
    "mixed_precision": choice("off", "off", "auto", "float16"),
    "validation_split": _number(0.0, 0, 0.5),
    "validation_data": _or_null(Option("", "a path or a list of paths", _is_paths)),
    "evaluate_every": _or_null(_POSITIVE),
    "monitor": choice("val_score", *METRICS),
    "patience": _or_null(_POSITIVE),
    "restore_best": _or_null(_FLAG),
    "checkpoint_every": _or_null(_number(1, 0, 1e6), default=1),
    "tensorboard": _or_null(_PATH),
    "tensorboard_level": _or_null(choice("epoch", "epoch", "batch")),
    "loggers": Option([], "a list of names", is_texts),
}

WATCHING_KEYS: Final = ("checkpoint_every", "tensorboard", "tensorboard_level", "loggers")
"""Keys that leave the model as it is."""


def shaping_keys(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys that decide the model, without those that name places or watch it."""
    without = (*WATCHING_KEYS, "validation_data")
    return {key: value for key, value in settings.items() if key not in without}


def check_keys(settings: Mapping[str, Any]) -> None:
    """Check keys that stand in no file.

    Raises:
        InvalidConfigException: all that is wrong with them, one a line.
    """
    problems = [problem for _, problem in problems_of(settings)]
    if problems:
        raise InvalidConfigException("\n".join(problems))


def problems_of(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each key that is unknown or has a wrong value, with what is wrong and what mends it.

    Args:
        settings: some keys of `train:` and their values.
    """
    for key, value in settings.items():
        option = TRAIN_KEYS.get(key)
        if option is None:
            yield key, f"unknown key 'train.{key}'. {did_you_mean(key, TRAIN_KEYS)}"
        elif key == "monitor" and isinstance(value, str) and value not in METRICS:
            yield (
                key,
                f"'train.monitor': there is no metric '{value}'. " + did_you_mean(value, METRICS),
            )
        elif not option.accepts(value):
            yield key, f"'train.{key}' must be {option.allowed}, not {value!r}"
    if settings.get("validation_split") and settings.get("validation_data"):
        yield (
            "validation_data",
            "'train.validation_split' and 'train.validation_data' exclude each other; keep one",
        )
