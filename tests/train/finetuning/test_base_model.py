"""What a finetuning reads of its model, and that it never writes there."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_engine import Resource
from onnlu_engine.errors import IncompatibleModelException, ResourceNotFoundException
from onnlu_engine.model_directory import open_model, write_model
from onnlu_train.finetuning.base_model import FinetuningStorage, open_base_model


@pytest.fixture
def storage(tmp_path: Path) -> FinetuningStorage:
    """A storage whose base model has `kept` and `anew`, of which `kept` goes on."""
    for folder in ("own", "base/kept", "base/anew"):
        (tmp_path / folder).mkdir(parents=True)
    return FinetuningStorage(tmp_path / "own", tmp_path / "base", {"kept", "missing"})


def test_a_component_finds_what_it_learnt_before(storage: FinetuningStorage, tmp_path: Path):
    with storage.read_from(Resource("kept")) as folder:
        assert folder == tmp_path / "base/kept"


def test_then_it_finds_what_it_has_learnt_since(storage: FinetuningStorage, tmp_path: Path):
    with storage.write_to(Resource("kept")) as folder:
        assert folder == tmp_path / "own/kept"
        (folder / "file").touch()
    with storage.read_from(Resource("kept")) as folder:
        assert folder == tmp_path / "own/kept"
    assert not any(path.is_file() for path in (tmp_path / "base").rglob("*"))


@pytest.mark.parametrize("name", ["anew", "missing"])
def test_a_component_that_learns_anew_finds_nothing_of_before(
    storage: FinetuningStorage, name: str
):
    with pytest.raises(ResourceNotFoundException), storage.read_from(Resource(name)):
        pass


def test_an_exported_model_is_refused_with_the_one_to_use(base: Path, tmp_path: Path):
    manifest = {**open_model(base).manifest, "kind": "onnx", "exported_from": "abc123"}
    write_model(tmp_path / "exported", manifest, {"components": base / "components"})
    with pytest.raises(IncompatibleModelException, match="its model_id is abc123") as refused:
        open_base_model(tmp_path / "exported")
    assert refused.value.exit_code == 5
