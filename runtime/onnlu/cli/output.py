"""What commands write: results to stdout or a file, all else to stderr."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import click

STANDARD_STREAM = "-"

Write = Callable[[str], None]


def say(text: str) -> None:
    """Write a message to stderr."""
    click.echo(text, err=True)


def print_json(document: Mapping[str, Any]) -> None:
    """Write the one document of a command to stdout."""
    click.echo(json.dumps(document))


def print_facts(facts: Mapping[str, str]) -> None:
    """Write named facts to stdout, one a line, in two columns."""
    width = max(map(len, facts))
    for name, value in facts.items():
        click.echo(f"{name:{width}}  {value}")


@contextmanager
def written(path: str) -> Iterator[Write]:
    """Yield what writes text to a file, which takes its place when all is written.

    Args:
        path: the file; "-" is stdout. What is no regular file, such as a named pipe, is written
            to as the text comes.

    Raises:
        OSError: the file cannot be written.
    """
    target = Path(path).resolve()
    if path == STANDARD_STREAM:
        yield lambda text: click.echo(text, nl=False)
    elif target.exists() and not target.is_file():
        with target.open("w", encoding="utf-8") as stream:
            yield _flushing(stream)
    else:
        temporary = target.with_name(f".{target.name}.{os.urandom(6).hex()}.new")
        try:
            with temporary.open("x", encoding="utf-8") as file:
                yield _flushing(file)
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _flushing(file: IO[str]) -> Write:
    def write(text: str) -> None:
        file.write(text)
        file.flush()

    return write
