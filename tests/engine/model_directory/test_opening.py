"""Models as they are opened: where they are, of which version, and what is done meanwhile."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine.errors import CorruptModelException, IncompatibleModelException, ModelException
from onnlu_engine.model_directory import canonical_json, open_model, write_model

from .models import MANIFEST, write


def rewrite(tmp_path: Path, components: Path, **changes: Any) -> None:
    """Write a model whose manifest is sound but for the given keys."""
    write(tmp_path / "model", components)
    path = tmp_path / "model" / "manifest.json"
    manifest = {**json.loads(path.read_text()), **changes}
    kept = {key: manifest[key] for key in manifest.keys() - {"created", "model_id"}}
    manifest["model_id"] = hashlib.sha256(canonical_json(kept).encode()).hexdigest()
    path.write_text(canonical_json(manifest) + "\n")


def test_a_model_is_opened_through_a_link_and_stays_the_one_it_was(
    tmp_path: Path, components: Path
) -> None:
    write(tmp_path / "v12", components)
    (tmp_path / "current").symlink_to("v12")
    assert open_model(tmp_path / "current").path == tmp_path / "v12"


def test_a_pinned_model_opens_with_its_digest(tmp_path: Path, components: Path) -> None:
    id_ = write(tmp_path / "model", components)
    assert open_model(tmp_path / "model", digest=f"sha256:{id_}").model_id == id_


def test_opening_writes_nothing(tmp_path: Path, components: Path) -> None:
    target = tmp_path / "model"
    write(target, components)
    before = {path: path.stat().st_mtime_ns for path in [target, *target.rglob("*")]}
    open_model(target)
    assert {path: path.stat().st_mtime_ns for path in [target, *target.rglob("*")]} == before


def test_a_newer_minor_warns(tmp_path: Path, components: Path) -> None:
    rewrite(tmp_path, components, format="onnlu/1.7")
    with pytest.warns(UserWarning, match=r"onnlu/1\.7.*Update onnlu"):
        open_model(tmp_path / "model")


@pytest.mark.behaviour("2.2/11")
@pytest.mark.parametrize("format_", ["onnlu/2.0", "onnlu/0.9"])
def test_another_major_is_refused_with_what_to_do(
    tmp_path: Path, components: Path, format_: str
) -> None:
    rewrite(tmp_path, components, format=format_)
    with pytest.raises(IncompatibleModelException, match=f"'{format_}'.*Train or export"):
        open_model(tmp_path / "model")


def test_nothing_at_the_path_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ModelException, match="There is no model at"):
        open_model(tmp_path / "absent")


@pytest.mark.behaviour("2.2/8")
def test_an_archive_is_to_be_unpacked_first(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(IncompatibleModelException, match=r"Unpack it first: tar -xf .*tar\.gz"):
        open_model(tmp_path / "model.tar.gz")


def test_something_else_is_done_while_the_files_are_read(tmp_path: Path, components: Path) -> None:
    id_ = write(tmp_path / "model", components)
    seen: list[Any] = []

    model = open_model(tmp_path / "model", meanwhile=seen.append)

    assert seen == [model.manifest]
    assert model.model_id == id_


@pytest.mark.parametrize("size", [256, 2**21])
def test_a_changed_file_goes_before_what_failed_meanwhile(tmp_path: Path, size: int) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "weights").write_bytes(bytes(size))
    write_model(tmp_path / "model", MANIFEST, {"components": source})
    threads = threading.active_count()

    with pytest.raises(ZeroDivisionError):
        open_model(tmp_path / "model", meanwhile=lambda manifest: 1 / 0)
    (tmp_path / "model/components/weights").write_bytes(bytes(size - 1) + b"x")
    with pytest.raises(CorruptModelException, match=r"weights.*has been changed"):
        open_model(tmp_path / "model", meanwhile=lambda manifest: 1 / 0)

    assert threading.active_count() == threads
