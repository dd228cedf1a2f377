"""Parsing texts on the command line, with whatever loads the model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from onnlu.cli.options import json_option, model_argument
from onnlu.cli.output import STANDARD_STREAM, written
from onnlu.cli.texts import PlacedText, given_texts
from onnlu.errors import TextTooLongException

if TYPE_CHECKING:
    from onnlu.nlu import NLU, OnTooLong
    from onnlu.result import ParseResult


def parsing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the arguments and options of `parse`, under the names that it takes."""
    decorators = (
        model_argument,
        click.argument("texts", metavar="[TEXT]...", nargs=-1),
        click.option(
            "--input",
            "source",
            metavar="FILE",
            help="Text lines, or JSON lines with `text` where it ends in .jsonl; - is stdin.",
        ),
        click.option(
            "--output",
            metavar="FILE",
            default=STANDARD_STREAM,
            help="Written when all texts are parsed; - is stdout, as they are.",
        ),
        click.option(
            "--on-too-long",
            type=click.Choice(["error", "truncate"]),
            default="error",
            show_default=True,
            help="What to do with a text that exceeds the limits.",
        ),
        json_option,
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def parse_texts(
    load: Callable[[], NLU],
    *,
    texts: Sequence[str],
    source: str | None,
    output: str,
    on_too_long: OnTooLong,
    as_json: bool,
    diagnostics: bool = False,
) -> None:
    """Write one JSON document for each text, one a line, whatever `as_json` is.

    Args:
        load: loads the model.
        texts: what to parse; nothing means that `source` holds it.
        source: a file with texts; "-" or None is stdin.
        output: a file; "-" is stdout.
        on_too_long: "error" or "truncate".
        as_json: the output is JSON with or without it.
        diagnostics: write `diagnostic_data` too.

    Raises:
        TextTooLongException: a text exceeds the limits; those before it have been written.
        InvalidDataException: a line cannot be read; those before it have been written.
        OSError: a file cannot be read or written.
    """
    if texts and source is not None:
        raise click.UsageError("Give texts or --input, not both.")
    with written(output) as write:
        nlu = load()
        parse = partial(nlu.parse_batch, on_too_long=on_too_long, diagnostics=diagnostics)
        for batch in given_texts(texts, source):
            for result in _results(parse, batch):
                # ASCII, so that no terminal and no lone surrogate is in the way.
                write(json.dumps(result.to_dict()) + "\n")


def _results(
    parse: Callable[[Sequence[str]], list[ParseResult]], batch: Sequence[PlacedText]
) -> Iterator[ParseResult]:
    try:
        yield from parse([text for _, text in batch])
    except TextTooLongException as error:
        index = [text for _, text in batch].index(error.text)
        yield from _results(parse, batch[:index])
        raise TextTooLongException(
            f"{batch[index].place}: {error} As an option: --on-too-long truncate.",
            text=error.text,
            keep=error.keep,
        ) from error
