"""`onnlu parse`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from onnlu.cli.options import device_option, threads_option
from onnlu.cli.parsing import parse_texts, parsing_options


@click.command("parse")
@parsing_options
@device_option("cuda")
@threads_option
@click.option(
    "--diagnostics", is_flag=True, help="Show attention weights and encoded texts as well."
)
@click.option(
    "--digest", metavar="sha256:MODEL_ID", help="Accept this model only, as `onnlu info` shows it."
)
def parse_command(
    model: Path,
    device: str,
    threads: int,
    diagnostics: bool,
    digest: str | None,
    **parsing: Any,
) -> None:
    """Find intents and entities; print one JSON document a line.

    Texts are given as arguments, in a file, or on stdin, a line each.
    """
    from onnlu.loading import load

    parse_texts(
        lambda: load(model, device=device, threads=threads, digest=digest),
        diagnostics=diagnostics,
        **parsing,
    )
