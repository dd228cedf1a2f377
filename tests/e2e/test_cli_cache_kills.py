"""A `trainer fit` that is killed: the next one learns what it learns without a cache."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from onnlu_engine.atomic import lock_directory

from .commands import Run, line_of

KILLS = 20

CONFIG = """\
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: RegexFeaturizer
- name: LexicalSyntacticFeaturizer
- name: CountVectorsFeaturizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  max_ngram: 4
- name: KeywordIntentClassifier
- name: EntitySynonymMapper
"""
DATA = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello {word}
- intent: travel
  examples: |
    - go to [oslo](city)
    - leave {word}
"""


def fit(folder: Path, word: str, out: str, megabytes: str) -> list[str]:
    (folder / "config.yml").write_text(CONFIG)
    (folder / "nlu.yml").write_text(DATA.format(word=word))
    paths = ["--config", "config.yml", "--data", "nlu.yml", "--out", out]
    return ["fit", *paths, "--overwrite", "--json", "--cache-size", megabytes]


@pytest.mark.slow
@pytest.mark.behaviour("2.4/9")
def test_fits_that_are_killed_leave_a_cache_that_serves(run: Run, tmp_path: Path) -> None:
    moment = random.Random(20)
    begun = time.monotonic()
    assert run("trainer", *fit(tmp_path, "first", "model", "100"), cwd=tmp_path).code == 0
    seconds = time.monotonic() - begun
    killed = 0
    for kill in range(KILLS):
        command = line_of("trainer", *fit(tmp_path, f"word{kill // 2}", "model", "100"))
        with subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            time.sleep(moment.uniform(0.3 * seconds, seconds))
            process.kill()
            killed += process.wait() != 0
    assert killed > 0

    for word in ("first", *(f"word{number}" for number in range(KILLS // 2))):
        with_cache, without = (
            json.loads(run("trainer", *fit(tmp_path, word, out, size), cwd=tmp_path).out)
            for out, size in (("model", "100"), ("other", "0"))
        )
        assert with_cache["model_id"] == without["model_id"]
        again = run("trainer", *fit(tmp_path, word, "model", "100"), cwd=tmp_path)
        assert (again.code, json.loads(again.out)["ran"], again.err) == (0, [], "")

    assert run("trainer", "cache", "prune", "--cache-size", "100", cwd=tmp_path).code == 0
    results = tmp_path / ".onnlu" / "cache" / "results"
    entries = json.loads(run("trainer", "cache", "ls", "--json", cwd=tmp_path).out)["entries"]
    assert any(entry["has_result"] for entry in entries)
    for folder in results.iterdir():
        assert len(folder.name) == 64
        os.close(lock_directory(folder, wait=False))
