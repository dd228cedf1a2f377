"""Where the cache of trainings is, and how large it may be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from onnlu.cli.options import PATH

if TYPE_CHECKING:
    from onnlu_engine.training import LocalTrainingCache

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
cache_size_option = click.option(
    "--cache-size",
    type=click.FloatRange(min=0),
    envvar="ONNLU_CACHE_SIZE",
    default=DEFAULT_SIZE,
    show_default=True,
    show_envvar=True,
    metavar="MB",
    help="What the cache may take; 0 to do without.",
)


def open_cache(folder: Path, megabytes: float) -> LocalTrainingCache | None:
    """Return the cache of a folder; None where it may take nothing."""
    from onnlu_engine.training import LocalTrainingCache  # `--help` needs none

    return LocalTrainingCache(folder, megabytes) if megabytes else None
