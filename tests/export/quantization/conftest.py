"""A model wide enough to be quantised, trained and exported once."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_train.data import read_training_data

from ..conftest import CHARACTERS, TRAVEL, WORDS, fit


@pytest.fixture(scope="session")
def wide_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model with matrices of 2 ** 16 weights and more."""
    folder = tmp_path_factory.mktemp("wide")
    return fit(folder, featurizers=f"{WORDS}\n{CHARACTERS}", units=256)


@pytest.fixture(scope="session")
def float_model(wide_model: Path) -> Path:
    """Its export in float32."""
    from onnlu_export.exporting import to_onnx

    out = wide_model.with_name("float32")
    to_onnx(wide_model, out)
    return out


@pytest.fixture(scope="session")
def int8_model(wide_model: Path) -> Path:
    """Its export in int8, its accuracy measured on the training data."""
    from onnlu_export.exporting import to_onnx
    from onnlu_export.quantization.settings import Int8

    data = wide_model.with_name("nlu.yml")
    assert data.read_text() == TRAVEL
    labelled = read_training_data((data,)).training_data.examples
    out = wide_model.with_name("int8")
    to_onnx(wide_model, out, int8=Int8(labelled=labelled))
    return out
