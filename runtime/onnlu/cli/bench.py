"""`onnlu bench`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from onnlu.cli.options import PATH, device_option, json_option, model_argument, threads_option
from onnlu.cli.output import print_facts, print_json, say
from onnlu.cli.texts import PlacedText, given_texts
from onnlu.errors import TextTooLongException
from onnlu_engine.errors import InvalidDataException

if TYPE_CHECKING:
    from onnlu.benchmark.document import Benchmark


@click.command("bench")
@model_argument
@click.option(
    "--input",
    "source",
    metavar="FILE",
    help="Texts as for `onnlu parse`; by default the model's golden texts.",
)
@device_option("cuda")
@threads_option
@click.option("--quick", is_flag=True, help="Measure less, in some 20 seconds.")
@click.option("--against", type=PATH, metavar="FILE", help="Compare with an earlier --json.")
@json_option
def bench_command(
    model: Path,
    source: str | None,
    device: str,
    threads: int,
    quick: bool,
    against: Path | None,
    as_json: bool,
) -> None:
    """Measure latency, throughput, memory and cold start of a model here.

    Every figure has a 95 % interval by order statistics. The machine should do nothing else.
    """
    from onnlu.benchmark.comparison import check_comparable
    from onnlu.benchmark.document import read_benchmark, texts_digest
    from onnlu.benchmark.measuring import measure

    placed, origin = _texts(model, source)
    texts = [text for _, text in placed]
    old = read_benchmark(against) if against else None
    if old:
        check_comparable(old, texts_digest(texts))
    try:
        found = measure(
            model,
            texts,
            source=origin,
            device=device,
            threads=threads,
            quick=quick,
            say=lambda line: say(f"measuring: {line}"),
        )
    except TextTooLongException as error:
        place = placed[texts.index(error.text)].place
        raise TextTooLongException(f"{place}: {error}", text=error.text, keep=error.keep) from error
    if as_json:
        print_json(_document(found, old))
    else:
        _show(found, old)


def _texts(model: Path, source: str | None) -> tuple[list[PlacedText], str]:
    """Return the texts with their places, and where all of them come from."""
    from onnlu.golden import golden_texts
    from onnlu_engine.model_directory import open_model

    opened = open_model(model)
    if source is None:
        golden = enumerate(golden_texts(opened.path), 1)
        placed = [PlacedText(f"golden text {number}", text) for number, text in golden]
        return placed, "the model's golden texts"
    placed = [one for batch in given_texts((), source) for one in batch]
    if not placed:
        raise InvalidDataException(f"{source} holds no text. Write one a line.")
    return placed, source


def _document(found: Benchmark, old: Benchmark | None) -> dict[str, object]:
    from onnlu.benchmark.comparison import changes, differences

    document: dict[str, object] = found.to_json()
    if old:
        document["against"] = {
            "created": old.created,
            "differences": differences(old, found),
            "figures": {
                c.name: {"old": c.old.value, "ratio": c.ratio, "verdict": c.verdict}
                for c in changes(old, found)
            },
        }
    return document


def _show(found: Benchmark, old: Benchmark | None) -> None:
    from onnlu.benchmark.comparison import changes, differences
    from onnlu.benchmark.report import change_lines, figure_lines, heading

    print_facts(heading(found))
    click.echo()
    for line in figure_lines(found):
        click.echo(line)
    if old:
        click.echo(f"\nagainst the benchmark of {old.created}")
        for line in differences(old, found):
            click.echo(f"differs: {line}")
        for line in change_lines(changes(old, found)):
            click.echo(line)
