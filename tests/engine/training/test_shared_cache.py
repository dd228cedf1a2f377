"""Several trainings that use one cache at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from onnlu_engine import LocalModelStorage, Resource
from onnlu_engine.training import LocalTrainingCache
from onnlu_engine.training.cache_index import open_index

from .caches import Stored
from .graphs import started


@pytest.mark.behaviour("2.4/9")
def test_trainings_in_several_processes_share_a_small_cache(tmp_path: Path) -> None:
    # Two of them train the same, and evict what the others have just kept.
    processes = [
        started(tmp_path / str(number), tmp_path / "cache", 0.02, words, 6, 3)
        for number, words in enumerate(["one two", "one two", "three"])
    ]
    assert [process.wait() for process in processes] == [0, 0, 0]
    cache = LocalTrainingCache(tmp_path / "cache", 0.02)
    kept = cache.entries()
    assert all(cache.has_result(entry.key, Resource) for entry in kept if entry.result)
    for entry in kept:
        if entry.result:
            (tmp_path / "0" / entry.key).mkdir()
            storage = LocalModelStorage(tmp_path / "0" / entry.key)
            assert cache.get_cached_result(entry.key, entry.node, Resource, storage)


@pytest.mark.behaviour("2.4/9")
def test_a_training_waits_for_the_transaction_of_another(stored: Stored) -> None:
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
