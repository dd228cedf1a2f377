"""The command `trainer`."""

from __future__ import annotations

import sys
from typing import NoReturn

import click

from onnlu.cli.boundary import run
from onnlu.cli.options import debug_option, version_option
from onnlu_train.cli.cache import cache_command
from onnlu_train.cli.cross_validate import cross_validate_command, fold_command
from onnlu_train.cli.evaluate import evaluate_command
from onnlu_train.cli.fit import fit_command
from onnlu_train.cli.graph import graph_command
from onnlu_train.cli.init import init_command
from onnlu_train.cli.parse import parse_command
from onnlu_train.cli.validate import validate_command


@click.group()
@version_option
@debug_option
def trainer(debug: bool) -> None:
    """Train NLU models with TensorFlow."""


trainer.add_command(init_command)
trainer.add_command(fit_command)
trainer.add_command(cache_command)
trainer.add_command(parse_command)
trainer.add_command(evaluate_command)
trainer.add_command(validate_command)
trainer.add_command(graph_command)
trainer.add_command(cross_validate_command)
trainer.add_command(fold_command)


def main() -> NoReturn:
    """Run the command and end the process with its exit code."""
    sys.exit(run(trainer, "trainer"))
