"""Where components persist themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onnlu_engine import LocalModelStorage, ModelStorage, Resource
from onnlu_engine.errors import (
    GraphSchemaException,
    OnnluException,
    ResourceNotFoundException,
)


@pytest.mark.behaviour("2.2/5")
def test_a_storage_must_say_how_it_is_written_and_read() -> None:
    """2.2 ModelStorage: abstract."""
    assert ModelStorage.__abstractmethods__ == {"write_to", "read_from"}

    class Deaf(ModelStorage):
        """Cannot be read."""

        @contextmanager
        def write_to(self, resource: Resource) -> Iterator[Path]:
            yield Path()

    with pytest.raises(TypeError, match="read_from"):
        Deaf()  # type: ignore[abstract]


@pytest.mark.behaviour("2.2/6", "2.2/7")
def test_what_was_written_is_read(tmp_path: Path) -> None:
    """2.2 write_to, read_from."""
    storage = LocalModelStorage(tmp_path)
    with storage.write_to(Resource("a")) as folder:
        (folder / "one").write_text("1")
    with storage.read_from(Resource("a")) as folder:
        assert folder == tmp_path / "a"
        assert (folder / "one").read_text() == "1"


@pytest.mark.behaviour("2.2/6")
def test_writing_twice_keeps_what_is_there(tmp_path: Path) -> None:
    """2.2 write_to: no clean."""
    storage = LocalModelStorage(tmp_path)
    for name in ("one", "two"):
        with storage.write_to(Resource("a")) as folder:
            (folder / name).touch()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["one", "two"]


@pytest.mark.behaviour("2.2/7")
def test_what_was_never_written_cannot_be_read(tmp_path: Path) -> None:
    """2.2 read_from: missing."""
    storage = LocalModelStorage(tmp_path)
    with (
        pytest.raises(ResourceNotFoundException, match=r"'train_DIET'.*Train the component first"),
        storage.read_from(Resource("train_DIET")),
    ):
        pass


def test_a_component_that_wrote_nothing_persisted_nothing(tmp_path: Path) -> None:
    """2.2 empty resource: before saving as after loading, since a model lists files."""
    storage = LocalModelStorage(tmp_path)
    with storage.write_to(Resource("a")):
        pass
    with pytest.raises(ResourceNotFoundException), storage.read_from(Resource("a")):
        pass


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "/a", "a/b", "a\\b", "C:a", "a\0", "a\n"])
def test_a_resource_name_cannot_lead_out_of_the_storage(tmp_path: Path, name: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    storage = LocalModelStorage(root)
    for access in (storage.write_to, storage.read_from):
        with pytest.raises(GraphSchemaException, match="cannot name a folder"):
            access(Resource(name)).__enter__()
    assert list(tmp_path.iterdir()) == [root]


def test_a_read_only_storage_reads_and_does_not_write(tmp_path: Path) -> None:
    with LocalModelStorage(tmp_path).write_to(Resource("a")) as folder:
        (folder / "one").touch()
    served = LocalModelStorage(tmp_path, read_only=True)
    with served.read_from(Resource("a")) as folder:
        assert [path.name for path in folder.iterdir()] == ["one"]
    with pytest.raises(OnnluException, match="'a' cannot be written"):
        served.write_to(Resource("a")).__enter__()
