"""The wheel without any extra: no ONNX Runtime, and all that says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .environments import Serving


@pytest.fixture(scope="module")
def serving(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Serving:
    return Serving.create(tmp_path_factory.mktemp("bare"), str(wheel))


def test_a_model_without_onnx_runtime_is_1_with_the_pip_line(
    serving: Serving, exported_model: Path
) -> None:
    done = serving.run("onnlu", "parse", exported_model, "hello")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Run: pip install 'onnlu[cpu]' (or 'onnlu[gpu]')." in done.stderr


def test_the_doctor_finds_it_missing(serving: Serving) -> None:
    done = serving.run("onnlu", "doctor", "--json")
    (problem,) = [f for f in json.loads(done.stdout)["findings"] if f["verdict"] == "problem"]
    assert done.returncode == 6
    assert (problem["name"], problem["value"]) == ("onnxruntime", "not installed")
    assert problem["remedy"].startswith("pip install 'onnlu[cpu]'")
