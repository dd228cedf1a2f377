"""Measures trainings one by one, each kept as soon as it is known."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from child import ChildKilled
from figures import epoch_figures
from scores import score
from systems import say
from training_plans import Task
from training_record import Record
from training_systems import Job, Trained, TrainingSystem


def measure_all(
    tasks: Iterable[Task], record: Record, measure: Callable[[Task], dict[str, Any]]
) -> None:
    """Measure what the record does not have yet, and keep each run at once."""
    for task in tasks:
        if record.has(task.run._asdict()):
            say(f"measured already: {task.run.title}")
            continue
        say(f"measuring: {task.run.title}")
        load = round(os.getloadavg()[0], 2)
        found = measure(task)
        record.add(task.run._asdict(), {"load_before": load, **task.facts, **found})


def cost(task: Task, system: TrainingSystem, work: Path) -> dict[str, Any]:
    """Train, and return what that cost."""
    return _measured(task, system.fit, work, fit_figures)


def quality(task: Task, system: TrainingSystem, work: Path) -> dict[str, Any]:
    """Train, and return what that cost and how good the model was after each epoch."""
    expected = task.data.expected()

    def found(trained: Trained) -> dict[str, Any]:
        ends = trained.fit["epoch_ends_s"]
        curve = [
            {"wall_s": end, **score(expected, predicted)}
            for end, predicted in zip(ends, trained.epochs, strict=True)
        ]
        return {**fit_figures(trained), "scores": score(expected, trained.final), "curve": curve}

    return _measured(task, system.fit_and_predict, work, found)


def fit_figures(trained: Trained) -> dict[str, Any]:
    """Return the figures of a training, and the seconds of each of its epochs."""
    fit = trained.fit
    figures = {name: fit[name] for name in ("fit_s", "fit_peak_rss_mb")}
    if fit["epochs_s"]:
        figures |= epoch_figures(fit["epochs_s"])
    return {"figures": figures, "epochs_s": fit["epochs_s"]}


def _measured(
    task: Task,
    train: Callable[[Job], Trained],
    work: Path,
    found: Callable[[Trained], dict[str, Any]],
) -> dict[str, Any]:
    """Train in an empty folder, which is kept only if that fails: its logs tell why.

    A process that the system killed, as it does when memory runs out, is a result as well.
    """
    folder = work / "run"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        trained = train(Job(task.data, task.run.epochs, task.run.seed, folder))
    except ChildKilled as killed:
        say(f"killed, at {killed.peak_rss_mb:.0f} MB")
        return {"killed": True, "figures": {"fit_peak_rss_mb": killed.peak_rss_mb}}
    shutil.rmtree(folder)
    return found(trained)
