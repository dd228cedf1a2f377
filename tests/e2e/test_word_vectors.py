"""Word vectors beside sparse features, from a file to a served model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import onnlu

from .commands import Run

VECTORS = "word 1 2 3\nhello 0.5 -1 2\nparis -1 0 1\n"
ITEM = "- name: WordVectorsFeaturizer\n  file: vectors.vec\n  pooling: max\n"


@pytest.mark.slow
def test_word_vectors_reach_the_network_and_the_export(
    run: Run, tiny_project: Path, tmp_path: Path
) -> None:
    config = (tiny_project / "config.yml").read_text(encoding="utf-8")
    config = config.replace("- name: DIET", f"{ITEM}- name: DIET").replace(
        "epochs: 12", "epochs: 1"
    )
    (tmp_path / "config.yml").write_text(config, encoding="utf-8")
    (tmp_path / "vectors.vec").write_text(VECTORS, encoding="utf-8")
    data = ("--data", tiny_project / "nlu.yml")
    fitted = run("trainer", "fit", "--config", "config.yml", *data, "--out", "m", cwd=tmp_path)
    assert fitted.code == 0, fitted.err
    (tmp_path / "vectors.vec").unlink()
    exported = run("exporter", "to-onnx", "m", "--out", "x", cwd=tmp_path)
    assert exported.code == 0, exported.err
    assert json.loads(run("onnlu", "verify", "x", "--json", cwd=tmp_path).out)["cases"] > 0

    nlu = onnlu.load(tmp_path / "x")
    node = "run_DIETClassifier4"
    (message,) = nlu.features(["hello paris"], node)
    inputs = nlu.component(node).inputs([message])
    assert np.array_equal(inputs["text.sequence.dense"], [[[0.5, -1, 2], [-1, 0, 1]]])
    assert np.array_equal(inputs["text.sentence.dense"], [[0.5, 0, 2]])
