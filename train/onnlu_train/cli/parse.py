"""`trainer parse`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from onnlu.cli.options import device_option
from onnlu.cli.parsing import parse_texts, parsing_options
from onnlu_train.cli.startup import start_tensorflow


@click.command("parse")
@parsing_options
@device_option("gpu", default="cpu")
def parse_command(model: Path, device: str, **parsing: Any) -> None:
    """Find intents and entities with TensorFlow; print one JSON document a line.

    Texts are given as arguments, in a file, or on stdin, a line each.
    """
    start_tensorflow()
    from onnlu_train.loading import load

    parse_texts(lambda: load(model, device=device), **parsing)
