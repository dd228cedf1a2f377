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
base = folder / sys.argv[5] if len(sys.argv) > 5 else None
data += [folder / "more.yml"] if base else []
Fit(FitOptions(config, data, out, overrides=overrides, device="cpu", finetune=base)).run()
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


def fit(
    folder: Path, name: str, *, threads: int, seed: int, hash_seed: str, base: str | None = None
) -> dict[str, bytes]:
    """Train in a process of its own, or finetune `base`; return what the components persisted."""
    arguments = [sys.executable, "-c", SCRIPT, folder, threads, seed, name]
    arguments += [base] if base else []
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run([str(a) for a in arguments], check=True, env=environment)
    return contents(folder / name)


@pytest.mark.slow
def test_a_seed_decides_every_byte_whatever_the_number_of_threads(tmp_path: Path):
    (tmp_path / "config.yml").write_text(CONFIG)
    (tmp_path / "nlu.yml").write_text(DATA)

    first = fit(tmp_path, "first", threads=1, seed=7, hash_seed="1")
    assert any(name.endswith("weights.safetensors") for name in first)
    assert fit(tmp_path, "second", threads=2, seed=7, hash_seed="2") == first
    assert fit(tmp_path, "other", threads=1, seed=8, hash_seed="1") != first


@pytest.mark.slow
def test_a_seed_decides_every_byte_of_a_finetuning_too(tmp_path: Path):
    (tmp_path / "config.yml").write_text(CONFIG)
    (tmp_path / "nlu.yml").write_text(DATA)
    more = "    - teleport me from here\n    - beam us up\n    - warp over to oslo\n"
    head = 'version: "3.1"\nnlu:\n- intent: travel\n  examples: |\n'
    (tmp_path / "more.yml").write_text(head + more)
    fit(tmp_path, "base", threads=1, seed=7, hash_seed="1")
    first = fit(tmp_path, "first", threads=1, seed=8, hash_seed="1", base="base")
    assert b"teleport" in first["train_CountVectorsFeaturizer1/vocabularies.json"]
    again = fit(tmp_path, "second", threads=2, seed=8, hash_seed="2", base="base")
    assert again == first
    assert fit(tmp_path, "other", threads=1, seed=9, hash_seed="1", base="base") != first
