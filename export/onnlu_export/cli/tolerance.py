"""The options of a tolerance."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import click

# Those of onnlu.tolerance.Tolerance, which cannot be imported here: help needs no numpy.
ATOL, RTOL = 1e-5, 1e-4


def tolerance_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `--atol` and `--rtol`."""
    for name, default, meaning in (
        ("--rtol", RTOL, "Allowed difference relative to the number."),
        ("--atol", ATOL, "Allowed absolute difference of a number."),
    ):
        command = click.option(
            name,
            type=click.FloatRange(min=0, max=1),
            default=default,
            show_default=True,
            callback=no_nan,
            help=meaning,
        )(command)
    return command


def no_nan(context: click.Context, parameter: click.Parameter, value: float) -> float:
    """Refuse NaN, which no range excludes: nothing would ever exceed it."""
    if math.isnan(value):
        raise click.BadParameter("nan is not in the range 0<=x<=1.")
    return value
