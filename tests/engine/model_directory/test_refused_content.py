"""What could not be opened again is not written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine.errors import ModelWriteException
from onnlu_engine.manifest import MANIFEST_LIMIT
from onnlu_engine.model_directory import write_model

from .models import MANIFEST, names, write


def refused(tmp_path: Path, components: Path, message: str) -> None:
    with pytest.raises(ModelWriteException, match=message):
        write(tmp_path / "model", components)
    assert names(tmp_path) == ["storage"]


@pytest.mark.parametrize(
    "manifest", [{"loss": float("nan")}, {"set": {1}}, {"text": "\ud800"}, {"l": ["x"] * 5_000_000}]
)
def test_a_manifest_that_cannot_be_read_back_is_not_written(
    tmp_path: Path, manifest: dict[str, Any]
) -> None:
    with pytest.raises(ModelWriteException, match="manifest"):
        write_model(tmp_path / "model", manifest, {})
    assert names(tmp_path) == []


def test_a_manifest_that_is_too_large_to_open_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ModelWriteException, match=str(MANIFEST_LIMIT)):
        write_model(tmp_path / "model", {"text": "x" * MANIFEST_LIMIT}, {})


def test_what_could_not_be_opened_is_not_written(tmp_path: Path, components: Path) -> None:
    folder = components / "train_A"
    (folder / "link").symlink_to("weights")
    refused(tmp_path, components, r"link' is a symbolic link")
    (folder / "link").unlink()
    os.mkfifo(folder / "pipe")
    refused(tmp_path, components, r"pipe' is not a regular file")
    (folder / "pipe").unlink()
    (folder / "back\\slash").touch()
    refused(tmp_path, components, r"slash' cannot be part of a model")
    (folder / "back\\slash").unlink()
    (folder / "WEIGHTS").touch()
    refused(tmp_path, components, r"differ in case only")


@pytest.mark.parametrize("name", ["..", "a/b", ""])
def test_a_folder_goes_into_the_model_and_nowhere_else(
    tmp_path: Path, components: Path, name: str
) -> None:
    with pytest.raises(ModelWriteException, match="cannot be part of a model"):
        write_model(tmp_path / "model", MANIFEST, {name: components})
    assert names(tmp_path) == ["storage"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelWriteException, match="absent"):
        write(tmp_path / "model", tmp_path / "absent")
    assert names(tmp_path) == []
