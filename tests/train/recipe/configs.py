"""Configs as texts: read, or refused with their problems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.recipe import Config, read_config


def read(folder: Path, text: str, **options: Any) -> Config:
    """Read a text from the file `config.yml` of a folder, with options of `read_config`."""
    file = folder / "config.yml"
    file.write_text(text, encoding="utf-8")
    return read_config(file, **options)


def problems(folder: Path, text: str, **options: Any) -> list[str]:
    """Return the problems of a config, without the path."""
    with pytest.raises(InvalidConfigException) as error:
        read(folder, text, **options)
    place, told = f"{folder}/config.yml:", str(error.value).split("\n")
    assert all(line.startswith(place) for line in told)
    return [line.removeprefix(place) for line in told]
