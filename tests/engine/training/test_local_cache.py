"""What a local cache keeps, restores and forgets."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from onnlu_engine import LocalModelStorage, ModelStorage, Resource
from onnlu_engine.atomic import lock_directory
from onnlu_engine.errors import OnnluException
from onnlu_engine.training import Cacheable, LocalTrainingCache, TrainingCache
from onnlu_engine.training.cache_index import Entry, open_index
from onnlu_engine.training.node_key import NodeKey

KILOBYTE = 0.001


class Number:
    """An output with nothing to restore."""

    def fingerprint(self) -> str:
        return "1"


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


class Stored:
    """A cache, and a storage beside it."""

    def __init__(self, folder: Path, megabytes: float = 1) -> None:
        self.folder = folder / "cache"
        self.cache = LocalTrainingCache(self.folder, megabytes)
        (folder / "storage").mkdir(exist_ok=True)
        self.root = folder / "storage"
        self.storage = LocalModelStorage(self.root)

    def keep(self, name: str, content: bytes = b"x", output: Any = None) -> str:
        """Keep what a node of this name has persisted; return the key."""
        with self.storage.write_to(Resource(name)) as folder:
            (folder / "file").write_bytes(content)
        key = NodeKey(name, {"config": {"name": name}})
        self.cache.cache_output(key, output or Resource(name), {"content": name}, self.storage)
        assert key.digest is not None
        return key.digest

    def restored(self, key: str, output_type: type = Resource) -> bytes | None:
        """Return what is restored into an empty storage."""
        shutil.rmtree(self.root)
        self.root.mkdir()
        found = self.cache.get_cached_result(key, "node", output_type, self.storage)
        return None if found is None else (self.root / "node" / "file").read_bytes()

    def results(self) -> list[Path]:
        return sorted((self.folder / "results").iterdir())


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    return Stored(tmp_path)


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


@pytest.mark.behaviour("2.4/3")
def test_nothing_is_written_before_something_is_kept(stored: Stored) -> None:
    stored.cache.get_cached_output_fingerprint("none")
    stored.cache.mark_as_used(["none"])
    stored.cache.prune()
    assert not stored.folder.exists()
    stored.keep("one")
    assert {path.name for path in stored.folder.iterdir()} == {
        "CACHEDIR.TAG",
        ".gitignore",
        "index.db",
        "results",
    }


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
def test_an_output_larger_than_the_cache_pushes_nothing_out(tmp_path: Path) -> None:
    stored = Stored(tmp_path, 10 * KILOBYTE)
    small, large = stored.keep("small"), stored.keep("large", bytes(10_001))
    assert stored.cache.has_result(small, Resource)
    assert not stored.cache.has_result(large, Resource)
    assert stored.cache.get_cached_output_fingerprint(large) == {"content": "large"}


@pytest.mark.behaviour("2.4/5")
def test_a_link_is_not_kept(stored: Stored, caplog: pytest.LogCaptureFixture) -> None:
    with stored.storage.write_to(Resource("one")) as folder:
        (folder / "link").symlink_to("/etc/hostname")
    key = stored.keep("one")
    assert not stored.cache.has_result(key, Resource)
    assert "neither a file nor a folder" in caplog.text


@pytest.mark.behaviour("2.4/6", "2.4/7")
def test_what_was_not_used_for_the_longest_time_goes_first(tmp_path: Path) -> None:
    stored = Stored(tmp_path, 3.5 * KILOBYTE)
    one, two, three = (stored.keep(name, os.urandom(1000)) for name in ("one", "two", "three"))
    stored.restored(one)
    stored.cache.mark_as_used([three])
    four = stored.keep("four", os.urandom(1000))
    kept = [stored.cache.has_result(key, Resource) for key in (one, two, three, four)]
    assert kept == [True, False, True, True]
    assert len(stored.results()) == 3
    five = stored.keep("five", os.urandom(2000))
    kept = [stored.cache.has_result(key, Resource) for key in (one, three, four, five)]
    assert kept == [False, False, True, True]


@pytest.mark.behaviour("2.4/6")
def test_entries_without_result_take_room_too(tmp_path: Path) -> None:
    stored = Stored(tmp_path, 1 * KILOBYTE)
    keys = [stored.keep(f"node {n}", output=Number()) for n in range(100)]
    stored.keep("last")
    kept = [key for key in keys if stored.cache.get_cached_output_fingerprint(key)]
    assert 0 < len(kept) < 50
    assert kept == keys[-len(kept) :]


@pytest.mark.behaviour("2.4/6")
def test_equal_results_share_a_folder_until_the_last_of_them_goes(tmp_path: Path) -> None:
    stored = Stored(tmp_path, 10 * KILOBYTE)
    one, two = stored.keep("one", bytes(2000)), stored.keep("two", bytes(2000))
    assert len(stored.results()) == 1
    stored.cache.prune(3 * KILOBYTE)
    assert not stored.cache.has_result(one, Resource)
    assert stored.restored(two) == bytes(2000)
    stored.cache.prune(0)
    assert stored.results() == []


def test_a_result_that_is_being_read_is_not_evicted(stored: Stored) -> None:
    key = stored.keep("one")
    reader = lock_directory(stored.results()[0], wait=True, shared=True)
    stored.cache.prune(0)
    assert stored.restored(key) == b"x"
    os.close(reader)
    stored.cache.prune(0)
    assert stored.restored(key) is None


@pytest.mark.behaviour("2.4/8")
@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "file").write_bytes(b"y"),
        lambda folder: (folder / "file").write_bytes(b""),
        lambda folder: (folder / "file").unlink(),
        lambda folder: (folder / "more").write_bytes(b""),
        lambda folder: (folder / "file").rename(folder / "other"),
    ],
    ids=["changed", "truncated", "missing", "more", "renamed"],
)
def test_a_corrupt_result_is_dropped_with_a_warning(
    stored: Stored, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], Any]
) -> None:
    key = stored.keep("one")
    damage(stored.results()[0])
    assert stored.restored(key) is None
    assert "has changed since it was kept" in caplog.text
    assert list(stored.root.iterdir()) == []
    assert stored.results() == []
    assert stored.cache.get_cached_output_fingerprint(key) is None
    stored.keep("one")
    assert stored.restored(key) == b"x"


@pytest.mark.behaviour("2.4/8")
def test_a_result_that_is_gone_is_not_restored(stored: Stored) -> None:
    key = stored.keep("one")
    shutil.rmtree(stored.results()[0])
    assert not stored.cache.has_result(key, Resource)
    assert stored.restored(key) is None


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


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored = Stored(tmp_path)
    tmp_path.chmod(0o500)
    stored.keep("one")
    stored.keep("two")
    tmp_path.chmod(0o700)
    assert len(caplog.records) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_from_a_cache_that_cannot_be_written_is_restored(
    stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    key = stored.keep("one")
    for path in (stored.folder / "index.db", stored.folder):
        path.chmod(0o500)
    assert stored.restored(key) == b"x"
    stored.keep("two")
    stored.folder.chmod(0o700)
    assert len(caplog.records) == 1


def test_a_folder_that_is_a_file_is_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("mine")
    stored = Stored(tmp_path)
    stored.keep("one")
    stored.keep("two")
    assert len([r for r in caplog.records if r.levelno == logging.WARNING]) == 1
    assert (tmp_path / "cache").read_text() == "mine"


def test_leftovers_of_killed_writers_are_removed_and_those_of_live_ones_stay(
    stored: Stored,
) -> None:
    stored.keep("one")
    folder = stored.folder / "results"
    live = f".new-{1:016x}"
    for name in (live, f".new-{2:016x}", f".old-{3:016x}", "0" * 64):
        (folder / name).mkdir()
        (folder / name / "file").write_text("half")
    writer = lock_directory(folder / live, wait=True)
    stored.keep("two", b"y")
    names = {path.name for path in stored.results()}
    assert live in names
    assert len(names) == 3
    os.close(writer)
    stored.cache.prune()
    assert len(stored.results()) == 2


def theirs(folder: Path) -> dict[Path, bytes]:
    """Make a folder that looks like a cache and is somebody's work; return its files."""
    for name in ("results/run1", "results/" + "0" * 64, "src"):
        (folder / name).mkdir(parents=True)
        (folder / name / "file").write_text("mine")
    (folder / ".gitignore").write_text("*\n")
    connection = sqlite3.connect(folder / "index.db")
    connection.execute("CREATE TABLE entries (mine TEXT)")
    connection.commit()
    connection.close()
    return content(folder)


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_that_holds_something_else_is_left_as_it_is(
    stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    before = theirs(stored.folder)
    key = stored.keep("one")
    assert stored.restored(key) is None
    stored.cache.mark_as_used([key])
    assert len(caplog.records) == 1
    assert "holds something else" in caplog.text
    for command in (
        stored.cache.check,
        stored.cache.entries,
        stored.cache.prune,
        stored.cache.clear,
    ):
        with pytest.raises(OnnluException, match="is no cache of onnlu, and holds something else"):
            command()
    assert content(stored.folder) == before


def test_the_cache_directory_of_another_program_is_left_as_it_is(stored: Stored) -> None:
    stored.folder.mkdir()
    (stored.folder / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55")
    with pytest.raises(OnnluException, match="no cache of onnlu"):
        stored.cache.clear()
    assert (stored.folder / "CACHEDIR.TAG").exists()


def test_what_somebody_put_into_a_cache_stays(stored: Stored) -> None:
    stored.keep("one")
    mine = [stored.folder / "notes.txt", stored.folder / "results" / "mine" / "notes.txt"]
    mine[1].parent.mkdir()
    for path in (*mine, stored.folder / ".gitignore"):
        path.write_text("mine")
    stored.keep("two", b"y")
    stored.cache.prune(0)
    assert stored.cache.clear() == 0
    assert content(stored.folder) == dict.fromkeys((*mine, stored.folder / ".gitignore"), b"mine")


def test_a_process_that_was_killed_while_it_made_the_cache_is_no_obstacle(stored: Stored) -> None:
    stored.folder.mkdir()
    (stored.folder / ".gitignore").write_text("*\n")
    (stored.folder / ".new-0123").write_text("Sig")
    stored.cache.check()
    assert stored.restored(stored.keep("one")) == b"x"
    assert stored.cache.clear() == 1
    assert list(stored.folder.iterdir()) == []


def test_a_name_that_no_folder_can_have_is_warned_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored = Stored(tmp_path)
    stored.cache = LocalTrainingCache(tmp_path / ("x" * 300), 1)
    stored.cache.check()
    stored.cache.mark_as_used(["one"])
    assert stored.restored("one") is None
    assert stored.restored(stored.keep("one")) is None
    assert len(caplog.records) == 1
    for command in (stored.cache.entries, stored.cache.prune, stored.cache.clear):
        with pytest.raises(OnnluException, match="too long"):
            command()


@pytest.mark.behaviour("2.4/9")
def test_a_training_waits_for_the_transaction_of_another(tmp_path: Path) -> None:
    import threading

    stored = Stored(tmp_path)
    key = stored.keep("one")
    with open_index(stored.folder, write=True) as index:
        assert index is not None
        kept: list[str] = []
        other = threading.Thread(target=lambda: kept.append(stored.keep("two", b"y")))
        other.start()
        other.join(0.2)
        assert not kept
    other.join()
    assert stored.restored(kept[0]) == b"y"
    assert stored.restored(key) == b"x"
