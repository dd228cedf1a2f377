"""Options that commands share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from onnlu.version import __version__

Command = Callable[..., Any]

PATH = click.Path(path_type=Path)

model_argument = click.argument("model", type=PATH)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on stdout, all else on stderr."
)
debug_option = click.option("--debug", is_flag=True, help="Show the traceback of an error.")
version_option = click.version_option(__version__, message="%(prog)s %(version)s")
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace the model that is there."
)

threads_option = click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Threads that parse parts of a batch side by side.",
)


def device_option(gpu: str, default: str = "auto") -> Callable[[Command], Command]:
    """Return the option `--device`.

    Args:
        gpu: what a GPU is called, "cuda" by ONNX Runtime and "gpu" by TensorFlow.
        default: the device without the option.
    """
    choices = f"auto, cpu, {gpu}, {gpu}:NUMBER"

    def check(context: click.Context, parameter: click.Parameter, device: str) -> str:
        if not re.fullmatch(rf"auto|cpu|{gpu}(:[0-9]{{1,4}})?", device):
            raise click.BadParameter(f"'{device}' is none of: {choices}.")
        return device

    return click.option(
        "--device",
        metavar="DEVICE",
        default=default,
        show_default=True,
        callback=check,
        help=f"{choices}.",
    )
