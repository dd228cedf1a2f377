"""The benchmark of parity as it is run, on the example of the project."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .scripts import BENCHMARKS


@pytest.mark.slow
def test_a_model_is_trained_exported_and_compared_on_many_messages(tmp_path: Path) -> None:
    chosen = ["--data", "concierge", "--messages", "150", "--epochs", "1", "--out", str(tmp_path)]
    line = [sys.executable, str(BENCHMARKS / "parity.py"), *chosen]
    done = subprocess.run(line, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.iterdir()
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert kept == json.loads(done.stdout)
    assert file.name == f"parity-{kept['date']}-{kept['commit']}.json"
    (found,) = kept["data_sets"].values()
    assert found["is_equal"]
    assert found["parity"]["texts"] == 150
