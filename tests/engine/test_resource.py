"""What a resource stands for, and how it is kept and restored."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_engine import LocalModelStorage, Resource
from onnlu_engine.errors import OnnluException


@pytest.fixture
def storage(tmp_path: Path) -> LocalModelStorage:
    (tmp_path / "storage").mkdir()
    return LocalModelStorage(tmp_path / "storage")


def persisted(storage: LocalModelStorage, name: str, text: str) -> Resource:
    resource = Resource(name)
    with storage.write_to(resource) as folder:
        (folder / "deep").mkdir(exist_ok=True)
        (folder / "deep" / "file").write_text(text)
    return resource


@pytest.mark.behaviour("1.3/10", "2.2/1", "2.2/2")
def test_resources_of_one_name_are_equal_but_have_fingerprints_of_their_own() -> None:
    one, other = Resource("a"), Resource("a")
    assert one == other != Resource("b")
    assert one.fingerprint() == one.output_fingerprint != other.output_fingerprint
    assert Resource("a", "given").fingerprint() == "given"


def test_the_content_of_a_resource_has_a_fingerprint_whatever_its_name(
    storage: LocalModelStorage,
) -> None:
    one, same, other = (
        persisted(storage, name, text).content_fingerprint(storage)
        for name, text in (("one", "x"), ("same", "x"), ("other", "y"))
    )
    assert one == same != other
    assert Resource("nothing").content_fingerprint(storage) not in (one, other)


@pytest.mark.behaviour("2.2/3", "2.2/4")
def test_what_was_kept_comes_back_under_the_name_of_the_node(
    storage: LocalModelStorage, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    persisted(storage, "one", "x").to_cache(tmp_path / "kept", storage)
    restored = Resource.from_cache("other", tmp_path / "kept", storage, "given")
    assert (restored.name, restored.fingerprint()) == ("other", "given")
    assert (tmp_path / "storage" / "other" / "deep" / "file").read_text() == "x"


@pytest.mark.behaviour("2.2/3", "2.2/4")
def test_a_component_that_persisted_nothing_has_nothing_restored(
    storage: LocalModelStorage, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    Resource("nothing").to_cache(tmp_path / "kept", storage)
    assert list((tmp_path / "kept").iterdir()) == []
    assert Resource.from_cache("nothing", tmp_path / "kept", storage, "given").name == "nothing"
    assert list((tmp_path / "storage").iterdir()) == []


def test_what_cannot_be_restored_as_a_whole_is_not_there(
    storage: LocalModelStorage, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a").write_text("x")
    (tmp_path / "kept" / "b").symlink_to("nowhere")
    with pytest.raises(OSError, match="No such file"):
        Resource.from_cache("one", tmp_path / "kept", storage, "given")
    assert list((tmp_path / "storage").iterdir()) == []


@pytest.mark.behaviour("2.2/4")
def test_the_same_may_be_there_already_but_nothing_else(
    storage: LocalModelStorage, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    persisted(storage, "one", "x").to_cache(tmp_path / "kept", storage)
    Resource.from_cache("one", tmp_path / "kept", storage, "given")
    persisted(storage, "one", "y")
    with pytest.raises(OnnluException, match="'one' cannot be restored: something else"):
        Resource.from_cache("one", tmp_path / "kept", storage, "given")
    assert (tmp_path / "storage" / "one" / "deep" / "file").read_text() == "y"
