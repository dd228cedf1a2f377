"""Precision, recall and F1 of labels, and which of them are confused."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import precision_recall_fscore_support

_AVERAGES: Final = ("micro", "macro", "weighted")
_CONFUSED: Final = 3


@dataclass(frozen=True, slots=True)
class Scores:
    """How well something is found.

    Attributes:
        precision: share of what was found that is right.
        recall: share of what is right that was found.
        f1: their harmonic mean.
        support: how often it is right.
    """

    precision: float
    recall: float
    f1: float
    support: int

    @classmethod
    def of_counts(cls, right: int, found: int, wanted_and_found: int, wanted: int) -> Scores:
        """Make scores of counts.

        Args:
            right: how many of the found ones are right.
            found: how many were found.
            wanted_and_found: how many of the wanted ones were found.
            wanted: how many there are to find.

        >>> Scores.of_counts(1, 2, 1, 1)
        Scores(precision=0.5, recall=1.0, f1=0.6666666666666666, support=1)
        """
        precision = right / found if found else 0.0
        recall = wanted_and_found / wanted if wanted else 0.0
        both = precision + recall
        return cls(precision, recall, 2 * precision * recall / both if both else 0.0, wanted)

    def to_json(self) -> dict[str, Any]:
        """Return the scores under the names of scikit-learn and Rasa."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1-score": self.f1,
            "support": self.support,
        }


@dataclass(frozen=True)
class LabelReport:
    """Scores of each label, and of all.

    Attributes:
        scores: by label, sorted by name.
        averages: "micro avg", "macro avg" and "weighted avg".
        accuracy: share of right labels.
        labels: rows and columns of the matrix.
        matrix: how often the label of a row was taken for that of a column; [labels, labels].
    """

    scores: dict[str, Scores]
    averages: dict[str, Scores]
    accuracy: float
    labels: tuple[str, ...]
    matrix: npt.NDArray[np.int64] = field(repr=False)

    def confusions(self) -> list[tuple[str, str, int]]:
        """Return (right label, label given for it, how often), the most frequent first."""
        found = [
            (self.labels[row], self.labels[column], int(self.matrix[row, column]))
            for row, column in np.argwhere(self.matrix)
            if row != column
        ]
        return sorted(found, key=lambda confusion: -confusion[2])

    def to_json(self) -> dict[str, Any]:
        """Return the report in the shape of `rasa test nlu`."""
        confused: dict[str, dict[str, int]] = {label: {} for label in self.scores}
        for right, given, count in self.confusions():
            if right in confused and len(confused[right]) < _CONFUSED:
                confused[right][given] = count
        return {
            label: {**scores.to_json(), "confused_with": confused[label]}
            for label, scores in self.scores.items()
        } | {
            "accuracy": self.accuracy,
            **{name: scores.to_json() for name, scores in self.averages.items()},
        }


def label_report(
    expected: Sequence[str], predicted: Sequence[str], exclude: Collection[str] = ()
) -> LabelReport:
    """Compare predicted labels with the right ones.

    Args:
        expected: the right label of each case; at least one.
        predicted: the label given to it.
        exclude: labels without scores of their own, which averages leave out.
    """
    labels = tuple(sorted({*expected, *predicted}))
    scored = [label for label in labels if label not in exclude]
    index = {label: position for position, label in enumerate(labels)}
    matrix = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(matrix, ([index[e] for e in expected], [index[p] for p in predicted]), 1)
    return LabelReport(
        scores=dict(zip(scored, _scores(expected, predicted, scored), strict=True)),
        averages={
            f"{average} avg": _average(expected, predicted, scored, average)
            for average in _AVERAGES
        },
        accuracy=float(np.trace(matrix) / max(1, matrix.sum())),
        labels=labels,
        matrix=matrix,
    )


def _scores(
    expected: Sequence[str], predicted: Sequence[str], labels: Sequence[str]
) -> list[Scores]:
    if not labels:
        return []
    columns = precision_recall_fscore_support(
        expected, predicted, labels=labels, average=None, zero_division=0
    )
    return [
        Scores(float(precision), float(recall), float(f1), int(support))
        for precision, recall, f1, support in zip(*columns, strict=True)
    ]


def _average(
    expected: Sequence[str], predicted: Sequence[str], labels: Sequence[str], average: str
) -> Scores:
    if not labels:
        return Scores(0.0, 0.0, 0.0, 0)
    precision, recall, f1, _ = precision_recall_fscore_support(
        expected, predicted, labels=labels, average=average, zero_division=0
    )
    scored = frozenset(labels)
    support = sum(label in scored for label in expected)
    return Scores(float(precision), float(recall), float(f1), support)
