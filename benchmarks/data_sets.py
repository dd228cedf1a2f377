"""What a benchmark trains on and parses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from onnlu_train.data import TrainingDataImporter


class DataSet(NamedTuple):
    """A data set and the pipeline to train on it."""

    name: str
    config: Path
    train: Path
    test: Path

    def test_texts(self) -> list[str]:
        """Return the distinct texts of the test set, in order."""
        examples = TrainingDataImporter([self.test]).nlu_data().examples
        return [message.data["text"] for message in examples]


def snips(checkout: Path) -> DataSet | None:
    """Return SNIPS from the reference data; None where that is not there."""
    beside = checkout.parent / "shared"
    shared = Path(os.environ.get("ONNLU_SHARED", beside)).resolve()
    folder = shared / "data" / "snips"
    if not folder.is_dir():
        return None
    config = shared / "peers" / "config.yml"
    return DataSet("SNIPS", config, folder / "train.yml", folder / "test.yml")


def concierge(checkout: Path) -> DataSet:
    """Return the small example of this project."""
    folder = checkout / "examples" / "concierge"
    return DataSet(
        "examples/concierge",
        folder / "config.yml",
        folder / "data" / "nlu.yml",
        folder / "test" / "nlu.yml",
    )
