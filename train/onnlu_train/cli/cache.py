"""`trainer cache`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onnlu.cli.options import json_option
from onnlu.cli.output import print_json
from onnlu_train.cli.cache_options import cache_option, cache_size_option

if TYPE_CHECKING:
    from onnlu_engine.training.cache_index import Entry


@click.group("cache")
def cache_command() -> None:
    """Look at what earlier fits left, and remove it."""


@cache_command.command("ls")
@cache_option
@json_option
def ls_command(cache: Path, as_json: bool) -> None:
    """List what is kept, the last used first.

    Of what has no result, only the fingerprint of the output is kept.
    """
    from onnlu_engine.training import LocalTrainingCache

    entries = LocalTrainingCache(cache, 0).entries()
    if as_json:
        print_json({"cache": str(cache), "entries": list(map(_document, entries))})
        return
    for entry in entries:
        result = "" if entry.result else "  no result"
        click.echo(f"{_used(entry):%Y-%m-%d %H:%M}  {_size(entry.size)}  {entry.node}{result}")
    total = sum(entry.size for entry in entries)
    click.echo(f"{cache}: entries: {len(entries)}, {_size(total).strip()}")


@cache_command.command("prune")
@cache_option
@cache_size_option("0 removes everything")
@json_option
def prune_command(cache: Path, cache_size: float, as_json: bool) -> None:
    """Remove what was not used for the longest time, until the rest is small enough."""
    from onnlu_engine.training import LocalTrainingCache

    _say_removed(cache, LocalTrainingCache(cache, cache_size).prune(), as_json)


@cache_command.command("clear")
@cache_option
@json_option
def clear_command(cache: Path, as_json: bool) -> None:
    """Remove all that is kept."""
    from onnlu_engine.training import LocalTrainingCache

    _say_removed(cache, LocalTrainingCache(cache, 0).clear(), as_json)


def _say_removed(cache: Path, removed: int, as_json: bool) -> None:
    if as_json:
        print_json({"cache": str(cache), "removed": removed})
    else:
        click.echo(f"{cache}: entries removed: {removed}")


def _document(entry: Entry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "node": entry.node,
        "component": entry.parts["node"]["component"],
        "has_result": entry.result is not None,
        "bytes": entry.size,
        "last_used": _used(entry).isoformat(timespec="seconds"),
    }


def _used(entry: Entry) -> datetime:
    return datetime.fromtimestamp(entry.last_used / 1e9).astimezone()


def _size(size: int) -> str:
    from onnlu_engine.training.local_cache import MEGABYTE

    return f"{size / MEGABYTE:8.2f} MB"
