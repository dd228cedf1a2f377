"""`onnlu doctor`."""

from __future__ import annotations

import click

from onnlu.cli.options import json_option
from onnlu.cli.output import print_json

DEVICE_UNAVAILABLE = 6


@click.command("doctor")
@click.pass_context
@json_option
def doctor_command(context: click.Context, as_json: bool) -> None:
    """Look at what serves models here: versions, providers, GPU, CPU, limits.

    Ends with 6 where a problem keeps every model from being served; warnings do not count.
    """
    from onnlu.doctor.examination import examine

    findings = examine()
    healthy = all(finding.verdict != "problem" for finding in findings)
    if as_json:
        print_json({"healthy": healthy, "findings": [f._asdict() for f in findings]})
    else:
        width = max(len(finding.name) for finding in findings)
        for name, value, verdict, remedy in findings:
            click.echo(f"{verdict:7}  {name:{width}}  {value}")
            if remedy:
                click.echo(f"{'':7}  {'':{width}}  -> {remedy}")
    if not healthy:
        context.exit(DEVICE_UNAVAILABLE)
