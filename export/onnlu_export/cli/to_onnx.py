"""`exporter to-onnx`."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path

import click

from onnlu.cli.info import parity_line, quantization_line
from onnlu.cli.options import PATH, json_option, model_argument, overwrite_option
from onnlu.cli.output import print_json, say
from onnlu_export.cli.quantization import demanded_of_int8, quantization_options
from onnlu_export.cli.tolerance import tolerance_options
from onnlu_train.cli.paths_option import ModelFirstCommand
from onnlu_train.cli.startup import start_tensorflow


@click.command("to-onnx", cls=ModelFirstCommand, options_metavar="--out DIRECTORY [OPTIONS]")
@model_argument
@click.option("--out", type=PATH, required=True, metavar="DIRECTORY", help="The model to write.")
@tolerance_options
@quantization_options
@click.option(
    "--diagnostics",
    is_flag=True,
    help="Write second graphs that show attention weights and encoded texts, for `onnlu parse "
    "--diagnostics`.",
)
@overwrite_option
@json_option
def to_onnx_command(
    model: Path,
    out: Path,
    atol: float,
    rtol: float,
    quantize: str | None,
    min_agreement: float,
    max_accuracy_loss: float,
    evaluate: tuple[Path, ...],
    diagnostics: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Export a trained model; it is written only if it gives what the trained one gives."""
    int8 = demanded_of_int8(quantize, min_agreement, max_accuracy_loss, evaluate)
    start_tensorflow()
    from onnlu.tolerance import Tolerance
    from onnlu_export.exporting import to_onnx

    try:
        result = to_onnx(
            model,
            out,
            tolerance=Tolerance(atol, rtol),
            int8=int8,
            overwrite=overwrite,
            diagnostics=diagnostics,
            say=say,
        )
    except KeyboardInterrupt:
        say(f"Nothing was written to {out}.")
        raise
    if as_json:
        print_json({"model": str(out), **asdict(result)})
        return
    place = shlex.quote(str(out))
    click.echo(f"Exported {model}: the gate is passed.\nParity: {parity_line(result.parity)}")
    if result.quantization:
        click.echo(f"int8:   {quantization_line(result.quantization)}")
    click.echo(f"Model:  {out}, sha256:{result.model_id}\nNext:   onnlu verify {place}")
