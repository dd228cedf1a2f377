"""The index of a local cache: of other versions, broken, on a full disk."""

from __future__ import annotations

import sqlite3

import pytest

from onnlu_engine.errors import OnnluException
from onnlu_engine.training.cache_index import Entry, open_index

from .caches import Stored


@pytest.mark.behaviour("2.4/4")
def test_what_an_older_version_kept_is_dropped(stored: Stored) -> None:
    key = stored.keep("one")
    with sqlite3.connect(stored.folder / "index.db") as connection:
        connection.execute("PRAGMA user_version = 0")
    connection.close()
    assert stored.cache.get_cached_output_fingerprint(key) is None
    stored.keep("two")
    assert [entry.node for entry in stored.cache.entries()] == ["two"]
    assert len(stored.results()) == 1


@pytest.mark.behaviour("2.4/4")
def test_what_a_newer_version_keeps_is_left_alone(
    stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    stored.keep("one")
    with sqlite3.connect(stored.folder / "index.db") as connection:
        connection.execute("PRAGMA user_version = 1000")
    connection.close()
    before = (stored.folder / "index.db").read_bytes()
    key = stored.keep("two")
    assert stored.restored(key) is None
    assert caplog.text.count("a newer version of onnlu wrote it") == 1
    for command in (stored.cache.entries, stored.cache.prune):
        with pytest.raises(OnnluException, match=r"newer version of onnlu.*another folder"):
            command()
    assert (stored.folder / "index.db").read_bytes() == before


def test_an_index_that_is_none_is_warned_of_once_and_can_be_cleared(
    stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    stored.keep("one")
    (stored.folder / "index.db").write_bytes(b"no database" * 1000)
    key = stored.keep("one")
    assert stored.restored(key) is None
    assert len(caplog.records) == 1
    assert "`trainer cache clear` removes it" in caplog.text
    for command in (stored.cache.prune, stored.cache.entries):
        with pytest.raises(OnnluException, match=r"not a database\. `trainer cache clear`"):
            command()
    assert stored.cache.clear() == 0
    assert list(stored.folder.iterdir()) == []
    assert stored.restored(stored.keep("one")) == b"x"


def test_a_full_disk_is_told_as_that(stored: Stored) -> None:
    stored.keep("one")
    entry = Entry("key", "node", {"config": {"large": "x" * 1_000_000}}, {})
    with (
        pytest.raises(sqlite3.OperationalError, match="disk is full"),
        open_index(stored.folder, write=True) as index,
    ):
        assert index is not None
        index._connection.execute("PRAGMA max_page_count = 1")
        index.put(entry)
    assert len(stored.cache.entries()) == 1
