"""The two systems that are compared: how each is trained, and how rounds are taken in turns."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from child import ChildFailed, measured
from data_sets import DataSet
from environments import package_versions, serving_environment, site_packages_mb
from figures import Figures, epoch_figures, medians, parse_figures

PASSES = 3
SEED = 1

_THREADS = ("TF_INTRA_OP_PARALLELISM_THREADS", "TF_INTER_OP_PARALLELISM_THREADS")


class System(NamedTuple):
    """One system, ready to be measured.

    Attributes:
        python: interpreter of the environment that serves.
        script: measures how it parses.
        model: what it parses with.
        origin: where the model comes from, in words.
        training: figures of its training; empty where a trained model was given.
        versions: of Python and the packages that matter.
    """

    python: Path
    script: str
    model: Path
    origin: str
    training: Figures
    versions: dict[str, str]


def ours(checkout: Path, work: Path, data: DataSet, epochs: int, model: Path | None) -> System:
    """Build the serving environment, and train and export a model unless one is given.

    Raises:
        ChildFailed: a step failed.
    """
    say("building the wheel and its serving environment")
    python = serving_environment(checkout, work)
    versions = package_versions(python, ["onnlu", "numpy", "onnxruntime"])
    if model is not None:
        return System(python, "parse_ours.py", model.resolve(), "a given model", {}, versions)
    say(f"training onnlu on {data.name}, {epochs} epochs, and exporting")
    trainer = Path(sys.executable)
    onnx = work / "exported"
    found = measured(
        trainer,
        "train_ours.py",
        work,
        config=data.config,
        train=data.train,
        out=work / "trained",
        onnx=onnx,
        epochs=epochs,
        seed=SEED,
    )
    versions |= package_versions(trainer, ["tensorflow", "keras"])
    origin = f"{epochs} epochs of {data.name}"
    return System(python, "parse_ours.py", onnx, origin, _training(found), versions)


class Original(NamedTuple):
    """An environment that has Rasa."""

    python: Path
    versions: dict[str, str]


def installed_original() -> Original | None:
    """Return the environment that RASA_PYTHON names; None where it is not set.

    Raises:
        ChildFailed: it names no interpreter that has Rasa.
    """
    if not os.environ.get("RASA_PYTHON"):
        return None
    python = Path(os.environ["RASA_PYTHON"]).absolute()  # not resolved: a venv's python is a link
    if not python.is_file():
        raise ChildFailed(f"RASA_PYTHON names {python}, which is not there.")
    versions = package_versions(python, ["rasa", "tensorflow", "numpy"])
    if "rasa" not in versions:
        raise ChildFailed(
            f"RASA_PYTHON names {python}, which has no Rasa: pip install rasa==3.6.21"
        )
    versions |= {name: os.environ[name] for name in _THREADS if name in os.environ}
    return Original(python, versions)


def original(
    installed: Original, work: Path, data: DataSet, epochs: int, model: Path | None
) -> System:
    """Train Rasa unless a model is given.

    Raises:
        ChildFailed: the training failed.
    """
    python, versions = installed
    if model is not None:
        return System(python, "parse_original.py", model.resolve(), "a given model", {}, versions)
    say(f"training Rasa {versions['rasa']} on {data.name}, {epochs} epochs")
    out = work / "original"
    found = measured(
        python,
        "train_original.py",
        work,
        config=data.config,
        train=data.train,
        out=out,
        epochs=epochs,
        seed=SEED,
    )
    origin, archive = f"{epochs} epochs of {data.name}", out / "model.tar.gz"
    return System(python, "parse_original.py", archive, origin, _training(found), versions)


def in_turns(
    systems: Mapping[str, System], texts: Path, rounds: int, work: Path
) -> dict[str, list[Figures]]:
    """Measure all systems once a round, each in a process of its own.

    Args:
        systems: by name.
        texts: JSON list of the texts to parse.
        rounds: how often.
        work: where the processes run.

    Returns:
        System name to its figures in each round.

    Raises:
        ChildFailed: a process failed.
    """
    first_text = json.loads(texts.read_text(encoding="utf-8"))[0]
    found: dict[str, list[Figures]] = {name: [] for name in systems}
    for number in range(1, rounds + 1):
        for name, system in systems.items():
            figures = measured(
                system.python,
                system.script,
                work,
                model=system.model,
                texts=texts,
                first_text=first_text,
                passes=PASSES,
            )
            figures |= parse_figures(figures.pop("latencies_s"))
            found[name].append(figures)
            say(f"round {number} of {rounds}, {name}: p50 {figures['parse_p50_ms']:.3f} ms")
    return found


def summary(system: System, rounds: Sequence[Figures]) -> dict[str, Any]:
    """Return what a system is and its figures: medians over the rounds, and each round's."""
    size = {"site_packages_mb": site_packages_mb(system.python)}
    return {
        "model": system.origin,
        "versions": system.versions,
        "figures": medians(rounds) | system.training | size,
        "rounds": list(rounds),
    }


def say(line: str) -> None:
    """Tell the user what is being done."""
    print(line, file=sys.stderr, flush=True)


def _training(found: Mapping[str, Any]) -> Figures:
    own = {name: found[name] for name in ("fit_s", "fit_peak_rss_mb")}
    return own | epoch_figures(found["epochs_s"])
