"""Trainings that are killed at any moment: the cache never serves anything wrong."""

from __future__ import annotations

import random
import sqlite3
import time
from pathlib import Path

import pytest

from onnlu_engine import LocalModelStorage, Resource
from onnlu_engine.training import LocalTrainingCache

from .graphs import Training, started

SIZE = 0.05


@pytest.mark.behaviour("2.4/9")
@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_a_cache_survives_kills(tmp_path: Path, kills: int) -> None:
    moment = random.Random(kills)
    cache = LocalTrainingCache(tmp_path / "cache", SIZE)
    Training(tmp_path, cache)("one two")
    checked = 0
    for kill in range(kills):
        folder = tmp_path / f"training{kill}"
        process = started(folder, tmp_path / "cache", SIZE, f"one two kill{kill}", 1_000, 50)
        while not (folder / "begun").exists():
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(moment.uniform(0, 0.4))
        process.kill()
        process.wait()
        for entry in cache.entries():
            if entry.result:
                number = entry.parts["input"]["words, words"]
                storage = tmp_path / f"{kill}-{entry.key}"
                storage.mkdir()
                restored = cache.get_cached_result(
                    entry.key, "node", Resource, LocalModelStorage(storage)
                )
                if restored is not None:
                    checked += 1
                    words = (storage / "node" / "words.txt").read_text().split("\n")
                    assert sorted(words) == words
                    assert all(repr(word) in number for word in words)
    assert checked > 0
    with sqlite3.connect(tmp_path / "cache" / "index.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    cache.prune()
    results = {path.name for path in (tmp_path / "cache" / "results").iterdir()}
    assert results == {entry.result for entry in cache.entries() if entry.result}
    (tmp_path / "again").mkdir()
    training = Training(tmp_path / "again", cache)
    training("one two")
    assert training("one two").ran == []
