"""Two trainings with one seed give the same bytes (findings.md 29)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys
from pathlib import Path
from onnlu_train.tensorflow_setup import prepare_process
prepare_process()
import tensorflow as tf
tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[2]))
from onnlu_train.fit import Fit, FitOptions
folder = Path(sys.argv[1])
config, data, out = folder / "config.yml", [folder / "nlu.yml"], folder / sys.argv[4]
overrides = {"random_seed": int(sys.argv[3]), "epochs": 3}
Fit(FitOptions(config, data, out, overrides=overrides, device="cpu")).run()
"""
CONFIG = """\
recipe: default.v1
language: en
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: DIETClassifier
  batch_size: 4
  transformer_size: 16
  number_of_attention_heads: 2
  drop_rate_attention: 0.1
"""
DATA = """\
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
    - good morning
- intent: travel
  examples: |
    - go to [oslo](city)
    - leave [rome](city) now
    - fly to [rome](city)
"""


def contents(model: Path) -> dict[str, bytes]:
    folder = model / "components"
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_a_seed_decides_every_byte_whatever_the_number_of_threads(tmp_path: Path):
    (tmp_path / "config.yml").write_text(CONFIG)
    (tmp_path / "nlu.yml").write_text(DATA)

    def fit(name: str, threads: int, seed: int, hash_seed: str) -> dict[str, bytes]:
        arguments = [sys.executable, "-c", SCRIPT, tmp_path, threads, seed, name]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run([str(a) for a in arguments], check=True, env=environment)
        return contents(tmp_path / name)

    first = fit("first", 1, 7, "1")
    assert any(name.endswith("weights.safetensors") for name in first)
    assert fit("second", 2, 7, "2") == first
    assert fit("other", 1, 8, "1") != first
