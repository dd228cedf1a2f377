"""One fold of a cross-validation: train on most of the data, predict the rest."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from onnlu_train.data import ReadResult, TrainingDataImporter, read_training_data
from onnlu_train.evaluation.confidence import Thresholds
from onnlu_train.evaluation.predictions import Prediction, predict, prediction_from_json
from onnlu_train.fit import Fit, FitOptions
from onnlu_train.loading import load
from onnlu_train.recipe import custom_components, read_config
from onnlu_train.training.callbacks import TrainingCallback


@dataclass(frozen=True)
class FoldJob:
    """What one fold trains on and predicts.

    Attributes:
        config: the pipeline.
        data: files and folders with all of the data.
        overrides: keys of `train:` that go before those of the config.
        device: where TensorFlow computes.
        skip_unsupported: leave out components of Rasa that are not here.
        test: indices of the examples that are left out of the training, to be predicted.
        number: of the fold, counted from 1.
    """

    config: Path
    data: Sequence[Path]
    overrides: Mapping[str, Any] = field(default_factory=dict)
    device: str = "cpu"
    skip_unsupported: bool = False
    test: Sequence[int] = ()
    number: int = 1

    def fit_options(self, out: Path) -> FitOptions:
        """Return the options of a training on all of the data."""
        return FitOptions(
            config=self.config,
            data=self.data,
            out=out,
            overrides=self.overrides,
            device=self.device,
            skip_unsupported=self.skip_unsupported,
            tensorboard_run=f"fold-{self.number}",
        )

    def write(self, path: Path) -> None:
        """Write the job as JSON."""
        document = {**asdict(self), "config": str(self.config), "data": list(map(str, self.data))}
        path.write_text(json.dumps(document), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> FoldJob:
        """Read what `write` wrote."""
        document = json.loads(path.read_text(encoding="utf-8"))
        paths = {"config": Path(document["config"]), "data": list(map(Path, document["data"]))}
        return cls(**{**document, **paths})


@dataclass(frozen=True)
class FoldResult:
    """What a fold gave.

    Attributes:
        test: indices of the examples that were predicted.
        predictions: one for each of them.
        thresholds: of the pipeline's FallbackClassifier, or the defaults.
    """

    test: Sequence[int]
    predictions: Sequence[Prediction]
    thresholds: Thresholds

    def write(self, path: Path) -> None:
        """Write the result as JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> FoldResult:
        """Read what `write` wrote."""
        document = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            test=document["test"],
            predictions=[prediction_from_json(record) for record in document["predictions"]],
            thresholds=Thresholds(**document["thresholds"]),
        )


class PartImporter(TrainingDataImporter):
    """Reads training data, and leaves some examples out.

    Args:
        paths: files and folders.
        without: indices of the examples to leave out.
    """

    def __init__(self, paths: Sequence[Path], without: Collection[int]) -> None:
        super().__init__(paths)
        self._without = frozenset(without)

    @cached_property
    def result(self) -> ReadResult:
        """The training data without those examples.

        Raises:
            InvalidDataException: the files have problems.
        """
        read = read_training_data(self._paths)
        kept = [n for n in range(len(read.training_data.examples)) if n not in self._without]
        examples = [read.training_data.examples[n] for n in kept]
        places = [read.places.examples[n] for n in kept]
        return replace(
            read,
            training_data=read.part(examples),
            places=replace(read.places, examples=places),
        )


def run_fold(job: FoldJob, callbacks: Sequence[TrainingCallback] = ()) -> FoldResult:
    """Train on the examples that are not left out, and predict those that are.

    Args:
        job: what to train and predict.
        callbacks: are told of the training.

    Raises:
        InvalidConfigException: the config has problems.
        InvalidDataException: the data has problems, or its training part cannot be learnt from.
    """
    examples = TrainingDataImporter(job.data).nlu_data().examples
    with tempfile.TemporaryDirectory(prefix="onnlu-fold-") as work:
        options = job.fit_options(Path(work) / "model")
        Fit(options, PartImporter(job.data, job.test)).run(callbacks)
        config = read_config(job.config, skip_unsupported=job.skip_unsupported)
        nlu = load(options.out, device=job.device, components=custom_components(config))
        predictions = predict(nlu, [examples[index] for index in job.test])
        return FoldResult(job.test, predictions, Thresholds.of_schema(nlu.schema))
