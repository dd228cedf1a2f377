"""A finetuning that is interrupted leaves its model, and goes on where it was."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from onnlu_engine.errors import (
    InvalidConfigException,
)
from onnlu_engine.model_directory import open_model
from onnlu_train.training import TrainingCallback
from onnlu_train.training.interruption import TrainingInterrupted

from .project import MakeProject


class EndAtEpoch(TrainingCallback):
    """Presses Ctrl-C."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        if epoch == self.epoch:
            os.kill(os.getpid(), signal.SIGINT)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_an_interrupted_finetuning_leaves_its_model_and_goes_on_to_the_same_one(
    base: Path, project: MakeProject
):
    whole = project().finetuning(base, "whole", overrides={"epochs": 3}).run()
    own = project().folder / "own"
    shutil.copytree(base, own)
    options = {"out": "own", "overrides": {"epochs": 3}, "overwrite": True}

    with pytest.raises(TrainingInterrupted):
        project().finetuning(own, **options).run([EndAtEpoch(2)])
    assert contents(own) == contents(base)
    resumed = project().finetuning(own, resume=True, **options).run()

    assert resumed.model_id == whole.model_id
    assert open_model(own).manifest["finetuned_from"] == open_model(base).model_id


def test_a_checkpoint_of_another_training_is_refused(base: Path, tuned: Path, project: MakeProject):
    options = {"overrides": {"epochs": 3}}
    with pytest.raises(TrainingInterrupted):
        project().finetuning(base, **options).run([EndAtEpoch(1)])
    with pytest.raises(InvalidConfigException) as refused:
        project().finetuning(tuned, resume=True, **options)
    assert "model_id of the model to finetune: was" in str(refused.value)
