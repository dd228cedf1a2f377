"""The systems whose trainings are compared: what each trains with, and what comes of a training."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from child import ChildFailed, checked_run, measured
from data_sets import DataSet, reference_folder
from environments import package_versions
from scores import Record
from systems import installed_original

ONNLU, ORIGINAL, LINEAR = "onnlu", "original", "linear"


class Job(NamedTuple):
    """One training.

    Attributes:
        data: what to train on, with which pipeline.
        epochs: passes over it.
        seed: of all random numbers.
        work: an empty folder.
    """

    data: DataSet
    epochs: int
    seed: int
    work: Path


class Trained(NamedTuple):
    """What came of a training.

    Attributes:
        fit: `fit_s`, `fit_peak_rss_mb`, `epochs_s`, `epoch_ends_s`, as train_ours.py finds them.
        final: what the model predicts for the test set; empty where that was not asked for.
        epochs: what it predicted after each epoch.
    """

    fit: dict[str, Any]
    final: Sequence[Record] = ()
    epochs: Sequence[Sequence[Record]] = ()


class TrainingSystem(Protocol):
    """Something that trains."""

    @property
    def versions(self) -> dict[str, str]:
        """Of Python and the packages that matter."""

    def fit(self, job: Job) -> Trained:
        """Train, and predict nothing.

        Raises:
            ChildFailed: it failed.
        """

    def fit_and_predict(self, job: Job) -> Trained:
        """Train, and predict the test set with the model as it was after each epoch.

        Raises:
            ChildFailed: it failed.
        """


class EpochTrainer(NamedTuple):
    """A system that trains in epochs, by two scripts beside this one.

    Attributes:
        python: interpreter of its environment.
        versions: of Python and the packages that matter.
        train: the script that trains.
        predict: the script that predicts.
        model: where in its folder the training leaves the model.
    """

    python: Path
    versions: dict[str, str]
    train: str
    predict: str
    model: str = "."

    def fit(self, job: Job) -> Trained:
        """Train; see TrainingSystem."""
        return Trained(self._trained(job))

    def fit_and_predict(self, job: Job) -> Trained:
        """Train and predict; see TrainingSystem."""
        snapshots, texts = job.work / "snapshots", job.work / "texts.json"
        snapshots.mkdir()
        fit = self._trained(job, snapshots=snapshots)
        texts.write_text(json.dumps(job.data.test_texts()), encoding="utf-8")
        model = (job.work / "model" / self.model).resolve()
        found = measured(
            self.python, self.predict, job.work, model=model, snapshots=snapshots, texts=texts
        )
        return Trained(fit, found["final"], found["epochs"])

    def _trained(self, job: Job, **more: Path) -> dict[str, Any]:
        return measured(
            self.python,
            self.train,
            job.work,
            config=job.data.config,
            train=job.data.train,
            out=job.work / "model",
            epochs=job.epochs,
            seed=job.seed,
            **more,
        )


class LinearTrainer(NamedTuple):
    """The linear model of the reference data; it has no epochs, and no seed changes it."""

    python: Path
    versions: dict[str, str]
    script: Path

    def fit(self, job: Job) -> Trained:
        """Train; the script always predicts too."""
        return Trained(self.fit_and_predict(job).fit)

    def fit_and_predict(self, job: Job) -> Trained:
        """Train and predict; see TrainingSystem."""
        expected, found, log = (
            job.work / name for name in ("expected.jsonl", "found.jsonl", "log")
        )
        lines = [json.dumps(record) for record in job.data.expected()]
        expected.write_text("\n".join(lines) + "\n", encoding="utf-8")
        files = [str(path) for path in (job.data.train, expected, found)]
        checked_run([str(self.python), str(self.script), *files], log, job.work)
        costs = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
        fit = {
            "fit_s": costs["train_s"],
            "fit_peak_rss_mb": costs["peak_rss_mb"] * 2**20 / 1e6,  # it counts in 2^20 bytes
            "epochs_s": [],
            "epoch_ends_s": [],
        }
        predicted = found.read_text(encoding="utf-8").splitlines()
        return Trained(fit, [json.loads(line) for line in predicted])


def training_systems(checkout: Path) -> dict[str, TrainingSystem]:
    """Return the systems that are here, by name.

    Raises:
        ChildFailed: RASA_PYTHON or LINEAR_PYTHON names no interpreter that has what is needed.
    """
    packages = ["onnlu", "numpy", "tensorflow", "keras"]
    python = Path(sys.executable)
    systems: dict[str, TrainingSystem] = {
        ONNLU: EpochTrainer(
            python, package_versions(python, packages), "train_ours.py", "predict_ours.py"
        )
    }
    if (rasa := installed_original()) is not None:
        scripts = "train_original.py", "predict_original.py"
        systems[ORIGINAL] = EpochTrainer(rasa.python, rasa.versions, *scripts, "model.tar.gz")
    if (linear := _linear(checkout)) is not None:
        systems[LINEAR] = linear
    return systems


def _linear(checkout: Path) -> LinearTrainer | None:
    named = os.environ.get("LINEAR_PYTHON")
    if not named:
        return None
    python = Path(named).absolute()  # not resolved: a venv's python is a link
    script = reference_folder(checkout) / "peers" / "linear_baseline.py"
    for file in (python, script):
        if not file.is_file():
            raise ChildFailed(f"LINEAR_PYTHON is set, and there is no {file}.")
    versions = package_versions(python, ["scikit-learn", "sklearn-crfsuite"])
    if len(versions) < 3:
        raise ChildFailed(f"LINEAR_PYTHON: {python} needs scikit-learn and sklearn-crfsuite.")
    return LinearTrainer(python, versions, script)
