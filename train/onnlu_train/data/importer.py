"""What a train graph is given: the training data, read once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from onnlu.training_data import TrainingData
from onnlu_train.data.reading import ReadResult, read_training_data


class TrainingDataImporter:
    """Reads the training data behind some paths when it is first asked for.

    Args:
        paths: files and folders, as `read_training_data` takes them.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)

    @cached_property
    def result(self) -> ReadResult:
        """The training data with its counts and notices.

        Raises:
            InvalidDataException: the files have problems.
        """
        return read_training_data(self._paths)

    def nlu_data(self) -> TrainingData:
        """Return the training data.

        Raises:
            InvalidDataException: the files have problems.
        """
        return self.result.training_data
