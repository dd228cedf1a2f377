"""The options of an export to int8."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from onnlu.cli.output import say
from onnlu_export.cli.tolerance import no_nan
from onnlu_export.quantization.settings import MAX_ACCURACY_LOSS, MIN_AGREEMENT, Int8
from onnlu_train.cli.paths_option import paths_option

_NUMBERS = {
    "--max-accuracy-loss": (
        MAX_ACCURACY_LOSS,
        "With --evaluate: by how much accuracy and F1 may be worse in int8 than in float32.",
    ),
    "--min-agreement": (
        MIN_AGREEMENT,
        "With --quantize: share of intents, tags and entities that have to be TensorFlow's.",
    ),
}


def quantization_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of an export to int8."""
    command = paths_option(
        "--evaluate", "With --quantize: labelled data to measure the accuracy on."
    )(command)
    for name, (default, meaning) in _NUMBERS.items():
        command = click.option(
            name,
            type=click.FloatRange(min=0, max=1),
            default=default,
            show_default=True,
            callback=no_nan,
            help=meaning,
        )(command)
    return click.option(
        "--quantize",
        type=click.Choice(["int8"]),
        help="Store large matrices in int8: a smaller, faster model that decides nearly alike.",
    )(command)


def demanded_of_int8(
    quantize: str | None, min_agreement: float, max_accuracy_loss: float, evaluate: tuple[Path, ...]
) -> Int8 | None:
    """Return what the options demand; None for an export in float32.

    Raises:
        click.UsageError: an option has no meaning without another one.
        InvalidDataException: the labelled data cannot be read.
    """
    given = click.get_current_context().get_parameter_source
    needs = {"min_agreement": quantize, "evaluate": quantize, "max_accuracy_loss": evaluate}
    for name, needed in needs.items():
        if not needed and given(name) is click.core.ParameterSource.COMMANDLINE:
            other = "--evaluate" if name == "max_accuracy_loss" else "--quantize int8"
            raise click.UsageError(f"--{name.replace('_', '-')} needs {other}.")
    if quantize is None:
        return None
    from onnlu_train.data import read_training_data

    if not evaluate:
        return Int8(min_agreement)
    read = read_training_data(evaluate)
    for notice in read.notices:
        say(f"notice: {notice}")
    return Int8(min_agreement, max_accuracy_loss, read.training_data.examples)
