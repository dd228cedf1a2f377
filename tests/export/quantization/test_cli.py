"""The commands that make and show a model in int8, in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import onnlu
from onnlu.cli import onnlu as onnlu_command
from onnlu.cli.boundary import run
from onnlu_engine.errors import CorruptModelException
from onnlu_export.cli import exporter

from ..rewriting import rewritten


def said(capsys: pytest.CaptureFixture[str], command: Any, *arguments: str | Path) -> str:
    assert run(command, "program", list(map(str, arguments))) == 0
    return capsys.readouterr().out


def test_info_and_inspect_show_what_int8_was_held_to(
    int8_model: Path, capsys: pytest.CaptureFixture[str]
):
    info = said(capsys, onnlu_command, "info", int8_model)
    inspected = said(capsys, exporter, "inspect", int8_model)
    for shown in (info, inspected):
        (line,) = (line for line in shown.splitlines() if line.startswith("int8 "))
        assert "decides as TensorFlow: intents 100.00%" in line
        assert "labelled messages: entity f1" in line
    assert ", int8 " in next(row for row in inspected.splitlines() if row.startswith("parameters"))


def test_a_model_in_int8_is_verified_by_its_decisions(
    int8_model: Path,
    wide_model: Path,
    capsys: pytest.CaptureFixture[str],
):
    arguments = ("verify", int8_model, "--against", wide_model)
    assert "in int8, decides as" in said(capsys, exporter, *arguments)
    found = json.loads(said(capsys, exporter, *arguments, "--json"))["agreement"]
    assert min(found["intents"], found["tags"], found["entities"]) >= 0.98


@pytest.mark.slow
def test_one_command_quantises(
    wide_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    data = wide_model.with_name("nlu.yml")
    arguments = ("to-onnx", wide_model, "--out", tmp_path / "out", "--quantize", "int8")
    shown = said(capsys, exporter, *arguments, "--evaluate", data)
    assert "int8:   graphs of" in shown
    assert "labelled messages" in shown
    assert onnlu.load(tmp_path / "out", device="cpu").info()["quantization"]["accuracy"]


@pytest.mark.parametrize(
    "report",
    [
        "int8",
        {"agreement": {}, "min_agreement": 1, "size": {"float32": 1, "int8": 1}},
        {"agreement": {"texts": 1, "intents": 2, "tags": 1, "entities": 1}, "min_agreement": 1},
    ],
)
def test_a_forged_report_is_refused(int8_model: Path, tmp_path: Path, report: Any):
    forged = rewritten(int8_model, tmp_path / "forged", quantization=report)
    with pytest.raises(CorruptModelException, match="'quantization' must be a whole report"):
        onnlu.load(forged, device="cpu").info()
