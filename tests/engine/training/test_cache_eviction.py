"""What goes first where a local cache is full."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onnlu_engine import Resource
from onnlu_engine.atomic import lock_directory

from .caches import Number, Stored

KILOBYTE = 0.001


@pytest.mark.behaviour("2.4/5")
def test_an_output_larger_than_the_cache_pushes_nothing_out(tmp_path: Path) -> None:
    stored = Stored(tmp_path, 10 * KILOBYTE)
    small, large = stored.keep("small"), stored.keep("large", bytes(10_001))
    assert stored.cache.has_result(small, Resource)
    assert not stored.cache.has_result(large, Resource)
    assert stored.cache.get_cached_output_fingerprint(large) == {"content": "large"}


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
