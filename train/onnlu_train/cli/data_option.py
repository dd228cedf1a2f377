"""The option `--data` with any number of paths."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from onnlu.cli.options import PATH

Command = Callable[..., Any]


def data_option(help_text: str) -> Callable[[Command], Command]:
    """Return the option `--data PATH...`; the command takes `data`, all paths in order.

    An option takes one value in click: what follows it, as a shell's data/*.yml leaves it, ends in
    an argument of its own.
    """

    def decorate(command: Command) -> Command:
        @click.option(
            "--data", type=PATH, required=True, multiple=True, metavar="PATH...", help=help_text
        )
        @click.argument("more_data", type=PATH, nargs=-1, metavar="")
        @functools.wraps(command)
        def with_data(
            *args: Any, data: tuple[Path, ...], more_data: tuple[Path, ...], **options: Any
        ) -> Any:
            return command(*args, data=(*data, *more_data), **options)

        return with_data

    return decorate
