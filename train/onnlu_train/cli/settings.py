"""`--set train.KEY=VALUE`."""

from __future__ import annotations

from typing import Any

import click

PREFIX = "train."


def train_settings(
    context: click.Context, parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, Any]:
    """Return what `--set` was given, its values read as YAML; whether keys exist shows later.

    Raises:
        click.BadParameter: one is not written as `train.KEY=VALUE`.
    """
    settings: dict[str, Any] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name.startswith(PREFIX) or name == PREFIX:
            raise click.BadParameter(f"'{item}' is not written as train.KEY=VALUE.")
        settings[name.removeprefix(PREFIX)] = _yaml(item, value)
    return settings


def _yaml(item: str, value: str) -> Any:
    from ruamel.yaml import YAML  # `--help` needs none
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(value)
    except YAMLError as error:
        raise click.BadParameter(f"'{item}': the value is no YAML.") from error
