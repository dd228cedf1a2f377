"""`exporter verify`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from onnlu.cli.info import agreement_line, parity_facts
from onnlu.cli.options import PATH, json_option
from onnlu.cli.output import print_facts, print_json, say
from onnlu.cli.texts import given_texts
from onnlu_engine.errors import InvalidDataException
from onnlu_export.cli.tolerance import tolerance_options
from onnlu_train.cli.startup import start_tensorflow


@click.command("verify")
@click.argument("onnx", type=PATH)
@click.option(
    "--against", type=PATH, required=True, metavar="MODEL", help="What it was exported from."
)
@click.option(
    "--input",
    "source",
    metavar="FILE",
    help="Texts to compare on, as for `onnlu parse`; without it, a sample of the training data.",
)
@tolerance_options
@json_option
def verify_command(
    onnx: Path, against: Path, source: str | None, atol: float, rtol: float, as_json: bool
) -> None:
    """Compare an exported model with the trained one again, on your texts.

    One in int8 is held to the share of equal decisions that its export demanded; --atol and --rtol
    do not matter to it.
    """
    start_tensorflow()
    from onnlu.loading import load as load_exported
    from onnlu.tolerance import Tolerance
    from onnlu_export.exporting import stated
    from onnlu_export.samples import sample_texts
    from onnlu_export.verifying import verify_export, verify_quantized
    from onnlu_train.loading import load as load_trained

    exported, trained = load_exported(onnx, device="cpu"), load_trained(against)
    if source is None:
        texts = sample_texts(trained)
    else:
        texts = [text for batch in given_texts((), source) for _, text in batch]
        if not texts:
            raise InvalidDataException(f"{source} holds no text. Give one text a line.")
    say(f"comparing with TensorFlow on {len(texts)} texts")
    if exported.info().get("quantization"):
        found = verify_quantized(exported, trained, texts)
        if as_json:
            print_json({"onnx": str(onnx), "against": str(against), "agreement": asdict(found)})
        else:
            click.echo(f"{onnx}, in int8, decides as {against}: {agreement_line(asdict(found))}")
        return
    tolerance = Tolerance(atol, rtol)
    parity = stated(verify_export(exported, trained, texts, tolerance), tolerance)
    if as_json:
        print_json({"onnx": str(onnx), "against": str(against), "parity": parity})
    else:
        click.echo(f"{onnx} gives what {against} gives.")
        print_facts(parity_facts(parity))
