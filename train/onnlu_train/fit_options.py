"""What a fit is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onnlu_engine.training import TrainingCache
from onnlu_train.runners import SEQUENTIAL


@dataclass(frozen=True)
class FitOptions:
    """What to train, from what, and where to put it.

    Attributes:
        config: the pipeline, as of Rasa 3.6.
        data: files and folders with training data.
        out: the model's directory.
        overrides: keys of `train:` that go before those of the config, such as `epochs`.
        device: "auto", "cpu", "gpu" or "gpu:<number>".
        overwrite: replace a model that is there.
        skip_unsupported: leave out components of Rasa that are not here.
        resume: go on from the checkpoint of an interrupted fit, if there is one.
        finetune: a trained model to go on from, which may be `out` itself; None to begin.
        tensorboard_run: folder below the directory for TensorBoard, where several trainings share
            that; such as "fold-1".
        runner: "sequential", or "dask" for a cluster. That has no checkpoints.
        scheduler: address of the cluster; by default there is one of this machine.
        cache: what earlier fits left; None to run everything, and to keep nothing. With a
            scheduler it is only read.
        force: run everything, but keep in the cache what it gives.
    """

    config: Path
    data: Sequence[Path]
    out: Path
    overrides: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"
    overwrite: bool = False
    skip_unsupported: bool = False
    resume: bool = False
    finetune: Path | None = None
    tensorboard_run: str = ""
    runner: str = SEQUENTIAL
    scheduler: str | None = None
    cache: TrainingCache | None = None
    force: bool = False
