"""What a model may be written over: nothing, or another model on request."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_engine.errors import ModelWriteException
from onnlu_engine.model_directory import check_target, open_model

from .models import names, tree, write


def test_free_targets_are_free(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for overwrite in (False, True):
        check_target(tmp_path / "absent", overwrite)
        check_target(tmp_path / "deep" / "absent", overwrite)
        check_target(tmp_path / "empty", overwrite)
    assert names(tmp_path) == ["empty"]


def test_a_model_is_overwritten_on_request_only(tmp_path: Path, components: Path) -> None:
    target = tmp_path / "model"
    write(target, components)
    before = tree(target)
    (components / "train_A" / "weights").write_bytes(b"other")
    for attempt in (check_target, lambda path: write(path, components)):
        with pytest.raises(ModelWriteException, match="Pass --overwrite"):
            attempt(target)
    assert tree(target) == before
    check_target(target, overwrite=True)
    id_ = write(target, components, overwrite=True)
    assert open_model(target).model_id == id_
    assert tree(target) != before
    assert names(tmp_path) == ["model", "storage"]


def test_a_broken_model_is_overwritten_too(tmp_path: Path, components: Path) -> None:
    write(tmp_path / "model", components)
    (tmp_path / "model" / "components" / "train_A" / "weights").unlink()
    write(tmp_path / "model", components, overwrite=True)
    open_model(tmp_path / "model")


@pytest.mark.parametrize("manifest", [None, "no json", "[]", '{"name": "web app"}'])
def test_a_directory_that_is_no_model_is_never_overwritten(
    tmp_path: Path, components: Path, manifest: str | None
) -> None:
    target = tmp_path / "home"
    target.mkdir()
    (target / "thesis.txt").write_text("years")
    if manifest:
        (target / "manifest.json").write_text(manifest)
    before = tree(target)
    for overwrite in (False, True):
        with pytest.raises(ModelWriteException, match="other content, which is never overwritten"):
            write(target, components, overwrite=overwrite)
    assert tree(target) == before


def test_a_file_is_never_overwritten(tmp_path: Path, components: Path) -> None:
    (tmp_path / "model").write_text("file")
    with pytest.raises(ModelWriteException, match="is a file"):
        write(tmp_path / "model", components, overwrite=True)
    with pytest.raises(ModelWriteException, match="no directory that you may write to"):
        check_target(tmp_path / "model" / "inside")


@pytest.mark.parametrize("existing", [True, False])
def test_a_link_is_not_written_through(tmp_path: Path, components: Path, existing: bool) -> None:
    if existing:
        write(tmp_path / "v12", components)
    (tmp_path / "current").symlink_to("v12")
    with pytest.raises(ModelWriteException, match=r"symbolic link to v12.*point the link"):
        write(tmp_path / "current", components, overwrite=True)
    assert (tmp_path / "current").is_symlink()
    assert (tmp_path / "v12").exists() == existing
