"""Golden vectors of an exported model come out again, or what differs is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import onnlu
from onnlu.errors import VerificationException
from onnlu.golden import CASES_FILE, GOLDEN, TENSORS_FILE, verify_golden

from .rewriting import changed_file


def test_golden_vectors_come_out_again(exported_model: Path):
    verification = verify_golden(onnlu.load(exported_model, device="cpu"))
    assert verification.cases >= 10
    assert verification.worst <= 1e-5


def test_a_changed_tensor_is_found(exported_model: Path, tmp_path: Path):
    def change(path: Path) -> None:
        with np.load(path) as arrays:
            tensors = dict(arrays)
        name = next(name for name in tensors if name.endswith("intent.confidences"))
        tensors[name] = tensors[name] + np.float32(0.001)
        np.savez_compressed(path, **tensors)

    model = changed_file(exported_model, tmp_path, f"{GOLDEN}/{TENSORS_FILE}", change)
    with pytest.raises(VerificationException, match=r"intent\.confidences is off by") as caught:
        verify_golden(onnlu.load(model, device="cpu"))
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("tokens", [["other", 0, 5]], "tokens differ"),
        ("features", {}, "features differ"),
    ],
)
def test_a_changed_case_is_found(
    exported_model: Path, tmp_path: Path, key: str, value: Any, message: str
):
    def change(path: Path) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        document["cases"][0][key] = value
        path.write_text(json.dumps(document), encoding="utf-8")

    model = changed_file(exported_model, tmp_path, f"{GOLDEN}/{CASES_FILE}", change)
    with pytest.raises(VerificationException, match=message):
        verify_golden(onnlu.load(model, device="cpu"))


def test_a_changed_result_is_found(exported_model: Path, tmp_path: Path):
    def change(path: Path) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        document["cases"][0]["result"]["intent"]["name"] = "nobody"
        document["cases"][0]["result"]["intent_ranking"] = []
        path.write_text(json.dumps(document), encoding="utf-8")

    model = changed_file(exported_model, tmp_path, f"{GOLDEN}/{CASES_FILE}", change)
    with pytest.raises(VerificationException, match="ranked intents"):
        verify_golden(onnlu.load(model, device="cpu"))
