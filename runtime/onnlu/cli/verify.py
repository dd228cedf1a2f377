"""`onnlu verify`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from onnlu.cli.options import device_option, json_option, model_argument
from onnlu.cli.output import print_facts, print_json


@click.command("verify")
@model_argument
@device_option("cuda")
@json_option
def verify_command(model: Path, device: str, as_json: bool) -> None:
    """Prove that a model gives here what it gave when it was exported.

    Its golden texts are parsed again, and tokens, features, tensors and results compared. It also
    says how many nodes of its graphs ran on which provider, and which fell back to the CPU.
    """
    from onnlu.golden import verify_golden
    from onnlu.loading import load

    nlu = load(model, device=device, exact=True)
    found = verify_golden(nlu)
    place = nlu.info()["settings"]["device"]
    if as_json:
        print_json(
            {
                "model": str(model),
                "model_id": nlu.model.model_id,
                "device": place,
                **asdict(found),
            }
        )
        return
    fell_back = found.placement.fell_back
    print_facts(
        {
            "verified": str(model),
            "golden texts": str(found.cases),
            "worst difference": f"{found.worst:.2g}",
            "near ties": str(found.near_ties),
            "allowed": f"{found.tolerance.atol:g} + {found.tolerance.rtol:g} relative",
            "device": place,
            "nodes": ", ".join(f"{n} on {name}" for name, n in found.placement.nodes.items()),
            **({"fell back to the CPU": ", ".join(fell_back)} if fell_back else {}),
        }
    )
