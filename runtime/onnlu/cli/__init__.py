"""The command `onnlu`.

Commands import what they need when they run: help answers at once, on any machine.
"""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from onnlu.cli.bench import bench_command
from onnlu.cli.boundary import run
from onnlu.cli.doctor import doctor_command
from onnlu.cli.info import info_command
from onnlu.cli.options import debug_option, version_option
from onnlu.cli.parse import parse_command
from onnlu.cli.verify import verify_command


@click.group()
@version_option
@debug_option
def onnlu(debug: bool) -> None:
    """Parse texts with exported models, with numpy and ONNX Runtime alone."""


onnlu.add_command(parse_command)
onnlu.add_command(verify_command)
onnlu.add_command(info_command)
onnlu.add_command(bench_command)
onnlu.add_command(doctor_command)


def main() -> NoReturn:
    """Run the command and end the process with its exit code."""
    sys.exit(run(onnlu, "onnlu"))
