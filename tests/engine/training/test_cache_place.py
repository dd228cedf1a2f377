"""The folder of a local cache: made when needed, and never one that holds something else."""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path

import pytest

from onnlu_engine.errors import OnnluException
from onnlu_engine.training import LocalTrainingCache

from .caches import Stored


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
