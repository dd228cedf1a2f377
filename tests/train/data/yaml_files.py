"""YAML files to read, and what was read of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onnlu_engine.errors import InvalidDataException
from onnlu_train.data import ReadResult, read_training_data

HEAD = 'version: "3.1"\nnlu:\n'


def read(folder: Path, **files: str) -> ReadResult:
    """Read YAML texts, each from a file of its own; `__` in a name is a folder."""
    for name, text in files.items():
        file = folder / f"{name.replace('__', '/')}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return read_training_data([folder])


def problems(folder: Path, text: str) -> list[str]:
    """Return the problems of one file, without the path."""
    with pytest.raises(InvalidDataException) as error:
        read(folder, nlu=text)
    return str(error.value).replace(f"{folder / 'nlu.yml'}:", "").split("\n")


def data(result: ReadResult) -> list[dict[str, Any]]:
    return [message.data for message in result.training_data.examples]
