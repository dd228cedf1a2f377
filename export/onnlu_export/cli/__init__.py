"""The command `exporter`."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from onnlu.cli.boundary import run
from onnlu.cli.options import debug_option, version_option
from onnlu_export.cli.inspect import inspect_command
from onnlu_export.cli.to_onnx import to_onnx_command
from onnlu_export.cli.verify import verify_command


@click.group()
@version_option
@debug_option
def exporter(debug: bool) -> None:
    """Export trained models to ONNX behind a parity gate."""


exporter.add_command(to_onnx_command)
exporter.add_command(verify_command)
exporter.add_command(inspect_command)


def main() -> NoReturn:
    """Run the command and end the process with its exit code."""
    sys.exit(run(exporter, "exporter"))
