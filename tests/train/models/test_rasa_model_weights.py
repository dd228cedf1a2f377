"""`RasaModel`: weights saved, loaded, and refused (behaviour.md 1.1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import load_file, save_file

from onnlu_engine.errors import CorruptModelException, OnnluException
from onnlu_train.models.rasa_model import RasaModel

from .toy_models import WIDTH, Scaled, compiled, texts


# save, load
def test_what_is_saved_is_what_is_loaded(tmp_path: Path):
    model, data = compiled([0.1, 0.2, 0.3]), texts(2, 3)
    model.train_step((tf.ones([1, 1, WIDTH]),))
    model.save(tmp_path / "w.safetensors")
    loaded = Scaled.load(tmp_path / "w.safetensors", start=[9.0, 9.0, 9.0])
    expected, found = model.run_inference(data), loaded.run_inference(data)
    tf.nest.map_structure(np.testing.assert_array_equal, found, expected)
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


def test_an_existing_file_is_kept_unless_it_may_be_overwritten(tmp_path: Path):
    path = tmp_path / "w.safetensors"
    Scaled([1.0, 2.0, 3.0]).save(path)
    before = path.read_bytes()
    with pytest.raises(OnnluException, match="exists"):
        Scaled([4.0, 5.0, 6.0]).save(path, overwrite=False)
    assert path.read_bytes() == before
    Scaled([4.0, 5.0, 6.0]).save(path)
    assert load_file(path)["scaled/scale"].tolist() == [4.0, 5.0, 6.0]


def test_examples_are_run_when_a_model_is_loaded(tmp_path: Path):
    Scaled([1.0, 2.0, 3.0]).save(tmp_path / "w")
    options = {"model_data_example": texts(2), "start": [0.0, 0.0, 0.0]}
    warm = Scaled.load(tmp_path / "w", predict_data_example=texts(1), **options)
    assert warm.traced == 1
    cold = Scaled.load(tmp_path / "w", predict_data_example=texts(1), finetune_mode=True, **options)
    assert cold.traced == 0


def test_weights_loaded_after_a_prediction_prepare_the_model_again(tmp_path: Path):
    Scaled([1.0, 2.0, 3.0]).save(tmp_path / "w")
    model = Scaled([0.0, 0.0, 0.0])
    model.predict_step((tf.ones([1, 1, WIDTH]),))
    model.load_named_weights(tmp_path / "w")
    model.predict_step((tf.ones([1, 1, WIDTH]),))
    assert model.prepared == 2


@pytest.mark.parametrize(
    ("weights", "named"),
    [
        ({}, "scaled/scale"),
        ({"scaled/scale": [1, 2, 3], "extra": [1]}, "extra"),
        ({"scaled/scale": [1, 2, 3, 4]}, "scaled/scale"),
        ({"other": [1, 2, 3]}, "other, scaled/scale"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, weights: dict[str, Any], named: str):
    arrays = {name: np.array(value, np.float32) for name, value in weights.items()}
    save_file(arrays, tmp_path / "w")
    with pytest.raises(CorruptModelException, match=f"do not fit .*: {named}\\. Train"):
        Scaled.load(tmp_path / "w", start=[0.0, 0.0, 0.0])


@pytest.mark.parametrize("content", [b"", b"no weights", b"\xff" * 64])
def test_a_file_that_is_no_weights_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(CorruptModelException, match="cannot be read"):
        Scaled.load(tmp_path / "w", start=[0.0, 0.0, 0.0])


def test_a_missing_or_truncated_file_is_refused(tmp_path: Path):
    with pytest.raises(CorruptModelException, match="cannot be read"):
        Scaled.load(tmp_path / "nothing", start=[0.0, 0.0, 0.0])
    Scaled([1.0, 2.0, 3.0]).save(tmp_path / "w")
    (tmp_path / "w").write_bytes((tmp_path / "w").read_bytes()[:-1])
    with pytest.raises(CorruptModelException, match="cannot be read"):
        Scaled.load(tmp_path / "w", start=[0.0, 0.0, 0.0])


def test_weights_of_the_same_name_are_refused(tmp_path: Path):
    class Twins(RasaModel):
        def __init__(self) -> None:
            super().__init__(random_seed=0, name="twins")
            self.one, self.two = (keras.layers.Dense(1, name="same") for _ in range(2))
            self.one.build((1, 1))
            self.two.build((1, 1))

    with pytest.raises(OnnluException, match="name every layer"):
        Twins().save(tmp_path / "w")
