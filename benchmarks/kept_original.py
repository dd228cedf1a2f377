"""Rasa's trainings that the reference data keeps: an hour of training need not be done again.

Its predictions lie in `peers/results`; how long the trainings took stands in its README.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from data_sets import DataSet, reference_folder
from scores import score
from training_plans import Run, config_name
from training_record import Record
from training_systems import ORIGINAL

EPOCHS = 10


class Kept(NamedTuple):
    """One training of Rasa 3.6.21.

    Attributes:
        data: name of the data set.
        seed: of the random numbers.
        predictions: file below `peers/results`.
        fit_s: seconds of the training.
        peak_rss_mb: highest resident memory.
    """

    data: str
    seed: int
    predictions: str
    fit_s: float
    peak_rss_mb: float


# Those of seeds 2 and 3 ran on a machine that did other work too.
KEPT = (
    Kept("SNIPS", 1, "snips_10_epochs_run1.jsonl", 784, 6533),
    Kept("SNIPS", 2, "snips_10_epochs_seed2.jsonl", 897, 6352),
    Kept("SNIPS", 3, "snips_10_epochs_seed3.jsonl", 911, 6330),
    Kept("HWU64 fold 1", 1, "hwu64_fold_1_10_epochs_run1.jsonl", 854, 7096),
)


def add_kept(checkout: Path, record: Record, data_sets: list[DataSet]) -> None:
    """Score what is kept of the given data sets, as the predictions of any system are scored.

    Raises:
        OSError: the predictions are not there.
        ValueError: they are those of other texts.
    """
    peers = reference_folder(checkout) / "peers"
    by_name = {data.name: data for data in data_sets}
    for kept in KEPT:
        run = Run(kept.data, ORIGINAL, config_name(peers / "config.yml"), EPOCHS, kept.seed)
        if kept.data in by_name and not record.has(run._asdict()):
            found = _scores(peers / "results" / kept.predictions, by_name[kept.data])
            figures = {"fit_s": kept.fit_s, "fit_peak_rss_mb": kept.peak_rss_mb}
            record.add(run._asdict(), {"figures": figures, "epochs_s": [], "scores": found})


def _scores(path: Path, data: DataSet) -> dict[str, float]:
    """Score predictions; texts that the test set holds twice count once, as everywhere."""
    lines = path.read_text(encoding="utf-8").splitlines()
    predicted: dict[str, Any] = {}
    for line in map(json.loads, lines):
        predicted.setdefault(line["text"], line)
    expected = data.expected()
    return score(expected, [predicted[one["text"]] for one in expected])
