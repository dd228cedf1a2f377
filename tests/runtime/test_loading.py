"""Loading does several things at once, and when it returns or fails nothing of that goes on."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import onnlu
from onnlu.session import MODEL_FILE
from onnlu_engine import canonical_json

TAMPERED = """
import sys
import onnlu

try:
    onnlu.load(sys.argv[1], device="cpu")
except onnlu.CorruptModelException as error:
    print(error)
print("onnlu.session" in sys.modules)
"""


@pytest.fixture
def model(exported_model: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    return Path(shutil.copytree(exported_model, tmp_path / "model"))


def graph(model: Path) -> Path:
    (path,) = model.glob(f"components/*/{MODEL_FILE}")
    return path


def signed_anew(model: Path) -> None:
    """Make the digests those of what is there."""
    path = model / "manifest.json"
    manifest = json.loads(path.read_bytes())
    for name in manifest["files"]:
        content = (model / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        manifest["files"][name] = {"size": len(content), "sha256": digest}
    kept = {key: value for key, value in manifest.items() if key not in ("created", "model_id")}
    manifest["model_id"] = hashlib.sha256(canonical_json(kept).encode()).hexdigest()
    path.write_text(canonical_json(manifest) + "\n", encoding="utf-8")


def test_no_thread_is_left(exported_model: Path) -> None:
    threads = threading.active_count()

    nlu = onnlu.load(exported_model, device="cpu")

    assert threading.active_count() == threads
    assert nlu.parse("fly to Rome").intent.name == "fly"


def test_a_changed_graph_is_refused_before_any_session_is_created(model: Path) -> None:
    content = bytearray(graph(model).read_bytes())
    content[len(content) // 2] ^= 1
    graph(model).write_bytes(content)

    command = [sys.executable, "-c", TAMPERED, str(model)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    refusal, imported = done.stdout.splitlines()
    assert f"{MODEL_FILE}' has been changed" in refusal
    assert imported == "False"


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (MODEL_FILE, rf"{MODEL_FILE}: ONNX Runtime .* cannot"),
        ("vocabularies.json", r"vocabularies\.json"),
    ],
)
def test_what_fails_is_an_error_of_loading_and_leaves_no_thread(
    model: Path, file: str, told: str
) -> None:
    (broken, *_) = sorted(model.glob(f"components/*/{file}"))
    broken.write_bytes(b"[]")  # neither a graph nor vocabularies
    signed_anew(model)
    threads = threading.active_count()

    with pytest.raises(onnlu.CorruptModelException, match=told):
        onnlu.load(model, device="cpu")

    assert threading.active_count() == threads


def test_what_components_are_told_besides_is_not_among_the_settings(exported_model: Path) -> None:
    settings = onnlu.load(exported_model, device="cpu", threads=2).info()["settings"]

    assert json.loads(json.dumps(settings)) == {
        "device": "cpu",
        "fallback": None,
        "threads": 2,
        "exact": False,
        "max_tokens": 512,
    }
