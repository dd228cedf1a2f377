"""What is kept of trainings, put together: the runs of the same training, and their figures."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from figures import Figures, medians

Document = Mapping[str, Any]
"""What a file of kept runs holds; see training_record.py."""

_BY_TRAINING = ("data", "system", "config", "epochs")


class Group(NamedTuple):
    """The runs of one training that differ in seed and round alone.

    Attributes:
        data: name of the data set.
        system: name of the system.
        config: name of the pipeline.
        epochs: passes over the data.
        runs: as they are kept; at least one.
        document: what they are kept in.
    """

    data: str
    system: str
    config: str
    epochs: int
    runs: Sequence[Mapping[str, Any]]
    document: Document

    @property
    def figures(self) -> Figures:
        """The medians of what it costs; `epoch_s` is that of all epochs after the first."""
        found = medians(run["figures"] for run in self.runs)
        further = [seconds for run in self.runs for seconds in run.get("epochs_s", ())[1:]]
        return {**found, "epoch_s": statistics.median(further)} if further else found

    @property
    def killed(self) -> bool:
        """Whether a run was killed, as one that takes too much memory is."""
        return any("killed" in run for run in self.runs)

    @property
    def scores(self) -> Figures:
        """The means of what the models score at the end."""
        return means(run["scores"] for run in self.runs if "scores" in run)

    @property
    def curve(self) -> list[Figures]:
        """The means of wall time and scores after each epoch that every run has."""
        curves = [run["curve"] for run in self.runs if "curve" in run]
        return [means(points) for points in zip(*curves, strict=False)]


def groups(document: Document) -> list[Group]:
    """Return the groups of a document, in the order of their first runs."""
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for run in document["runs"]:
        key = tuple(run["run"][name] for name in _BY_TRAINING)
        found.setdefault(key, []).append(run)
    return [Group(*key, runs, document) for key, runs in found.items()]


def newest_groups(documents: Sequence[Document]) -> list[Group]:
    """Return each group as the newest document has it that has it at all.

    So the original need not be trained again because onnlu has changed.

    Args:
        documents: the newest first.
    """
    found: dict[tuple[Any, ...], Group] = {}
    for document in documents:
        for group in groups(document):
            found.setdefault(group[: len(_BY_TRAINING)], group)
    return list(found.values())


def means(points: Iterable[Mapping[str, float]]) -> Figures:
    """Return the mean of each figure; all points have the same ones."""
    found = list(points)
    return {name: statistics.fmean(point[name] for point in found) for name in found[0]}
