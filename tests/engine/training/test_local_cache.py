"""What a local cache keeps and restores."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import pytest

from onnlu_engine import ModelStorage, Resource
from onnlu_engine.training import Cacheable, TrainingCache

from .caches import Number, Stored


class Failing(Resource):
    """Cannot be kept."""

    __slots__ = ()

    def to_cache(self, directory: Path, model_storage: ModelStorage) -> None:
        raise ValueError("theirs")


class Unreadable(Resource):
    """Cannot be restored."""

    __slots__ = ()

    @classmethod
    def from_cache(cls, *arguments: Any) -> Self:
        raise ValueError("theirs")


@pytest.mark.behaviour("2.4/1", "2.4/2", "2.4/8")
def test_what_is_kept_is_restored(stored: Stored) -> None:
    key = stored.keep("one", b"content")
    assert isinstance(Resource("one"), Cacheable)
    assert isinstance(stored.cache, TrainingCache)
    assert stored.cache.get_cached_output_fingerprint(key) == {"content": "one"}
    assert stored.cache.has_result(key, Resource)
    assert stored.restored(key) == b"content"


@pytest.mark.behaviour("2.4/2")
def test_what_is_not_kept_is_not_there(stored: Stored) -> None:
    assert stored.cache.get_cached_output_fingerprint("none") is None
    assert not stored.cache.has_result("none", Resource)
    assert stored.restored("none") is None
    assert stored.cache.keys_of("none") == []


@pytest.mark.behaviour("2.4/5")
def test_of_an_output_that_is_not_cacheable_the_fingerprint_is_kept(stored: Stored) -> None:
    key = stored.keep("one", output=Number())
    assert stored.cache.get_cached_output_fingerprint(key) == {"content": "one"}
    assert not stored.cache.has_result(key, Number)


@pytest.mark.behaviour("2.4/5")
def test_an_output_that_cannot_be_kept_is_warned_of(
    stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    key = stored.keep("one", output=Failing("one"))
    assert "What 'one' gave cannot be kept: theirs." in caplog.text
    assert stored.cache.get_cached_output_fingerprint(key) == {"content": "one"}
    assert stored.results() == []


@pytest.mark.behaviour("2.4/5")
def test_a_link_is_not_kept(stored: Stored, caplog: pytest.LogCaptureFixture) -> None:
    with stored.storage.write_to(Resource("one")) as folder:
        (folder / "link").symlink_to("/etc/hostname")
    key = stored.keep("one")
    assert not stored.cache.has_result(key, Resource)
    assert "neither a file nor a folder" in caplog.text


@pytest.mark.behaviour("2.4/8")
def test_a_result_of_another_class_is_not_restored(stored: Stored) -> None:
    key = stored.keep("one")
    assert not stored.cache.has_result(key, Unreadable)
    assert stored.restored(key, Unreadable) is None


@pytest.mark.behaviour("2.4/8")
def test_a_result_that_its_class_cannot_read_is_warned_of(
    stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    key = stored.keep("one", output=Unreadable("one"))
    assert stored.restored(key, Unreadable) is None
    assert "theirs" in caplog.text
