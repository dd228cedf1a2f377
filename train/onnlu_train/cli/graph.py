"""`trainer graph`."""

from __future__ import annotations

from pathlib import Path

import click

from onnlu.cli.options import PATH, json_option
from onnlu.cli.output import STANDARD_STREAM, print_json, say, written
from onnlu_engine.drawing import FORMATS, picture_of
from onnlu_engine.errors import InvalidConfigException

_TITLES = {"train_schema": "train graph", "predict_schema": "predict graph"}
_CHOICES = {"train": ["train_schema"], "predict": ["predict_schema"], "both": list(_TITLES)}
_SUFFIXES = {
    "": "mermaid",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".svg": "svg",
    ".dot": "dot",
    ".gv": "dot",
}


@click.command("graph")
@click.argument("source", type=PATH, metavar="MODEL_OR_CONFIG")
@click.option(
    "--graph",
    type=click.Choice(list(_CHOICES)),
    default="both",
    show_default=True,
    help="Which one to draw.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    help="By default what the name of --out ends in: .svg, .dot, .mmd; else mermaid.",
)
@click.option(
    "--out",
    default=STANDARD_STREAM,
    metavar="FILE",
    help="Where to; - is stdout, the default.",
)
@click.option(
    "--run",
    type=PATH,
    metavar="FILE",
    help="What `trainer fit --json` printed, perhaps with --dry-run: what became of each node.",
)
@click.option(
    "--skip-unsupported",
    is_flag=True,
    help="Go on without components of Rasa that are not here.",
)
@json_option
def graph_command(
    source: Path,
    graph: str,
    format_: str | None,
    out: str,
    run: Path | None,
    skip_unsupported: bool,
    as_json: bool,
) -> None:
    """Draw the graphs of a model, or those that a config makes.

    With --json, the graphs are printed as a config of the recipe graph.v1, which is YAML too.
    """
    draw = FORMATS[format_ or _format_of(out)]
    from onnlu_train.graph_source import graphs_of, run_of

    graphs, notices = graphs_of(source, skip_unsupported=skip_unsupported)
    for notice in notices:
        say(f"notice: {notice}")
    states, seconds = run_of(run) if run else ({}, {})
    chosen = [key for key in _CHOICES[graph] if key in graphs]
    if not chosen:
        raise InvalidConfigException(
            f"{source} is an exported model, which has no train graph. Draw that of the trained "
            "model, or --graph predict."
        )
    if "train_schema" not in chosen:  # what a fit tells is of its graph; names may be the same
        states, seconds = {}, {}
    if as_json:
        print_json({key: graphs[key] for key in graphs if key not in _TITLES or key in chosen})
    if not as_json or out != STANDARD_STREAM:
        picture = picture_of({_TITLES[key]: graphs[key] for key in chosen}, states, seconds)
        with written(out) as write:
            write(draw(picture))


def _format_of(out: str) -> str:
    """Return the format that a file's name asks for.

    Raises:
        click.BadParameter: it asks for one that is not here.
    """
    suffix = Path(out).suffix
    if suffix.lower() not in _SUFFIXES:
        raise click.BadParameter(
            f"No format is known by '{suffix}'. End the name in "
            f"{', '.join(filter(None, _SUFFIXES))}, or name the format with --format.",
            param_hint="'--out'",
        )
    return _SUFFIXES[suffix.lower()]
