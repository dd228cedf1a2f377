"""Where the cache of trainings is, and how large it may be."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from onnlu.cli.options import PATH

if TYPE_CHECKING:
    from onnlu_engine.training import LocalTrainingCache

FC = TypeVar("FC", bound=Callable[..., Any] | click.Command)
DEFAULT_PLACE: Final = Path(".onnlu", "cache")
DEFAULT_SIZE: Final = 1000.0

cache_option = click.option(
    "--cache",
    type=PATH,
    envvar="ONNLU_CACHE",
    default=DEFAULT_PLACE,
    show_default=True,
    show_envvar=True,
    metavar="DIRECTORY",
    help="What earlier fits left.",
)


class _Megabytes(click.FloatRange):
    """A size; `float` takes "inf" and "nan" too, which are none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        size: float = super().convert(value, param, ctx)
        if not math.isfinite(size):
            self.fail(f"{value} is not a number of megabytes.", param, ctx)
        return size


def cache_size_option(of_zero: str) -> Callable[[FC], FC]:
    """Return the option for the size of a cache.

    Args:
        of_zero: what 0 means to the command.
    """
    return click.option(
        "--cache-size",
        type=_Megabytes(min=0),
        envvar="ONNLU_CACHE_SIZE",
        default=DEFAULT_SIZE,
        show_default=True,
        show_envvar=True,
        metavar="MB",
        help=f"What the cache may take; {of_zero}.",
    )


def open_cache(folder: Path, megabytes: float) -> LocalTrainingCache | None:
    """Return the cache of a folder; None where it may take nothing.

    Raises:
        OnnluException: the folder holds something else.
    """
    from onnlu_engine.training import LocalTrainingCache  # `--help` needs none

    if not megabytes:
        return None
    cache = LocalTrainingCache(folder, megabytes)
    cache.check()
    return cache
