"""The model that is measured: one that was given, or one trained for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

from child import measured
from data_sets import DataSet
from machine import commit
from systems import SEED, say

from onnlu_engine.model_directory import open_model

EPOCHS = 2


class ServingModel(NamedTuple):
    """A model, and where it comes from in words."""

    path: Path
    origin: str

    def facts(self) -> dict[str, Any]:
        """Return what a result says of it, as plain JSON.

        Raises:
            ModelException: the model cannot be used.
        """
        return {"origin": self.origin, "model_id": open_model(self.path).model_id}


def given(path: Path) -> ServingModel:
    """Return a model that the user names."""
    return ServingModel(path, "a given model")


def trained_here(checkout: Path, work: Path, data: DataSet, *, exported: bool) -> ServingModel:
    """Return a model of this commit; it is trained and exported when it is first asked for.

    Args:
        checkout: whose commit it is.
        work: folder for the models of all commits.
        data: what it is trained on.
        exported: return the export of it.

    Raises:
        ChildFailed: the training failed.
    """
    folder = work / commit(checkout)[0] / data.name.replace("/", "-")
    trained, onnx = folder / "trained", folder / "exported"
    if not onnx.exists():
        folder.mkdir(parents=True, exist_ok=True)
        say(f"training on {data.name}, {EPOCHS} epochs, and exporting, into {folder}")
        job = {"config": data.config, "train": data.train, "out": trained, "onnx": onnx}
        python = Path(sys.executable)
        measured(python, "train_ours.py", folder, **job, epochs=EPOCHS, seed=SEED)
    return ServingModel(onnx if exported else trained, f"{EPOCHS} epochs of {data.name}")
