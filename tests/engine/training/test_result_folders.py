"""Folders of results that are damaged, gone, or were left by killed writers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onnlu_engine import Resource
from onnlu_engine.atomic import lock_directory

from .caches import Stored


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
