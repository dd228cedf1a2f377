"""`onnlu doctor`: exit code 0, or 6 where nothing can be served."""

from __future__ import annotations

import json
from pathlib import Path

from .commands import Run


def test_an_environment_that_serves_is_0(run: Run) -> None:
    as_text, as_json = run("onnlu", "doctor"), run("onnlu", "doctor", "--json")

    document = json.loads(as_json.out)
    assert as_text.code == as_json.code == 0
    assert as_json.err == ""
    assert document["healthy"] is True
    for finding in document["findings"]:
        assert f"{finding['verdict']:7}  {finding['name']}" in as_text.out


def test_two_wheels_are_6_with_the_remedy(run: Run, tmp_path: Path) -> None:
    (tmp_path / "onnxruntime").mkdir()
    (tmp_path / "onnxruntime" / "__init__.py").touch()
    for name in ("onnxruntime-1.31.1", "onnxruntime_gpu-1.26.0"):
        (tmp_path / f"{name}.dist-info").mkdir()

    done = run("onnlu", "doctor", "--json", env={"PYTHONPATH": str(tmp_path)})

    document = json.loads(done.out)
    (problem,) = [f for f in document["findings"] if f["verdict"] == "problem"]
    assert (done.code, document["healthy"]) == (6, False)
    assert problem["name"] == "onnxruntime"
    assert problem["value"].startswith("onnxruntime 1.31.1, onnxruntime-gpu 1.26.0: ")
    assert problem["remedy"].startswith("pip uninstall -y onnxruntime onnxruntime-gpu")


def test_an_onnx_runtime_that_cannot_be_imported_is_6(run: Run, tmp_path: Path) -> None:
    (tmp_path / "onnxruntime").mkdir()
    (tmp_path / "onnxruntime" / "__init__.py").write_text("raise ImportError('no libstdc++')")
    (tmp_path / "onnxruntime-1.31.1.dist-info").mkdir()

    done = run("onnlu", "doctor", env={"PYTHONPATH": str(tmp_path)})

    assert done.code == 6
    assert "problem  providers" in done.out
    assert "no libstdc++" in done.out
    assert "-> pip install --force-reinstall onnxruntime" in done.out
