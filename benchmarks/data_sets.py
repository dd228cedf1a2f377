"""What a benchmark trains on and parses."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from scores import Record, record
from synthetic import Synthetic, generate, write

from onnlu.message import ENTITIES, INTENT, TEXT
from onnlu_train.data import TrainingDataImporter


class DataSet(NamedTuple):
    """A data set and the pipeline to train on it."""

    name: str
    config: Path
    train: Path
    test: Path

    def test_texts(self) -> list[str]:
        """Return the distinct texts of the test set, in order."""
        return [expected["text"] for expected in self.expected()]

    def expected(self) -> list[Record]:
        """Return the distinct texts of the test set with what is right for them, in order."""
        return [
            record(message.data[TEXT], message.get(INTENT), message.get(ENTITIES, ()))
            for message in TrainingDataImporter([self.test]).nlu_data().examples
        ]


def snips(checkout: Path) -> DataSet | None:
    """Return SNIPS from the reference data; None where that is not there."""
    return _reference(checkout, "SNIPS", "snips")


def hwu64(checkout: Path) -> DataSet | None:
    """Return the first fold of HWU64 from the reference data; None where that is not there."""
    return _reference(checkout, "HWU64 fold 1", "hwu64/fold_1")


def banking77(checkout: Path) -> DataSet | None:
    """Return BANKING77 from the reference data; None where that is not there."""
    return _reference(checkout, "BANKING77", "banking77")


def concierge(checkout: Path) -> DataSet:
    """Return the small example of this project."""
    folder = checkout / "examples" / "concierge"
    return DataSet(
        "examples/concierge",
        folder / "config.yml",
        folder / "data" / "nlu.yml",
        folder / "test" / "nlu.yml",
    )


def generated(checkout: Path, work: Path, wanted: Synthetic) -> DataSet:
    """Write generated utterances; they are to be trained on only, and stand for a test set too."""
    path = work / f"generated-{wanted.utterances}-{wanted.tags}.yml"
    write(path, generate(wanted))
    like = snips(checkout) or concierge(checkout)
    return DataSet(wanted.name, like.config, path, path)


def reference_folder(checkout: Path) -> Path:
    """Return where the reference data is, or would be."""
    return Path(os.environ.get("ONNLU_SHARED", checkout.parent / "shared")).resolve()


def _reference(checkout: Path, name: str, path: str) -> DataSet | None:
    reference = reference_folder(checkout)
    folder = reference / "data" / path
    if not folder.is_dir():
        return None
    config = reference / "peers" / "config.yml"
    return DataSet(name, config, folder / "train.yml", folder / "test.yml")
