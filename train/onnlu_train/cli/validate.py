"""`trainer validate`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onnlu.cli.options import PATH, json_option
from onnlu.cli.output import print_json
from onnlu_train.cli.paths_option import PathsCommand, paths_option
from onnlu_train.cli.startup import start_tensorflow

if TYPE_CHECKING:
    from onnlu_train.validation.configuration import ListedComponent
    from onnlu_train.validation.findings import Finding
    from onnlu_train.validation.validating import Validation

INVALID = 3
MOST_SHOWN = 20


@click.command(
    "validate", cls=PathsCommand, options_metavar="--config FILE --data PATH... [OPTIONS]"
)
@click.option("--config", type=PATH, required=True, metavar="FILE", help="The pipeline.")
@paths_option("--data", "Files and folders with training data.", required=True)
@paths_option("--against", "Files and folders with test data, to find what stands in both.")
@click.option(
    "--skip-unsupported",
    is_flag=True,
    help="Take components of Rasa that are not here as left out.",
)
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@json_option
@click.pass_context
def validate_command(
    context: click.Context,
    config: Path,
    data: tuple[Path, ...],
    against: tuple[Path, ...],
    skip_unsupported: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """List every problem of config and data at once, with file, line and remedy.

    Ends with 3 where there are errors: what `trainer fit` would refuse.
    """
    start_tensorflow()
    from onnlu_train.validation.validating import validate

    validation = validate(config, data, against, skip_unsupported=skip_unsupported)
    passes = validation.passes(strict)
    if as_json:
        print_json({"valid": passes, **validation.to_json()})
    else:
        for line in _lines(config, validation):
            click.echo(line)
    if not passes:
        context.exit(INVALID)


def _lines(config: Path, validation: Validation) -> Iterator[str]:
    if validation.components:
        yield f"Components of {config}:"
        yield from _component_lines(validation.components)
        yield ""
    yield from (f"notice: {notice}" for notice in validation.notices)
    yield from _finding_lines(validation.findings)
    if validation.notices or validation.findings:
        yield ""
    counts = (f"{kind}: {count}" for kind, count in validation.counts.items())
    yield f"Data:  {', '.join(counts)}"
    found = Counter(f"{finding.severity}s" for finding in validation.findings)
    totals = (f"{name}: {found[name]}" for name in ("errors", "warnings", "notes"))
    yield f"Found: {', '.join(totals)}"


def _component_lines(components: Sequence[ListedComponent]) -> Iterator[str]:
    width = max(len(component.name) for component in components)
    for component in components:
        place = "default" if component.line is None else f"line {component.line}"
        support = component.support
        counterpart = f": {support.counterpart}" if support.counterpart else ""
        remark = f" ({support.remark})" if support.remark else ""
        yield f"  {place:9} {component.name:{width}}  {support.status}{counterpart}{remark}"


def _finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the findings, but of one kind and severity not too many."""
    totals = Counter((finding.kind, finding.severity) for finding in findings)
    shown: Counter[object] = Counter()
    for finding in findings:
        group = (finding.kind, finding.severity)
        shown[group] += 1
        if shown[group] <= MOST_SHOWN:
            yield str(finding)
        elif shown[group] == totals[group]:
            more = totals[group] - MOST_SHOWN
            yield f"{finding.severity}: {more} more of this kind: {finding.kind} (all with --json)"
