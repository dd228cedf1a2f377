"""What parity compared, how far apart it was, and where."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from onnlu.diagnostics import PREFIX
from onnlu.tolerance import Tolerance
from onnlu_export.errors import ParityException
from onnlu_export.near_ties import NearTie, never_tied

SHOWN = 60
"""Characters of a text that a report names."""


@dataclass(frozen=True)
class Worst:
    """The largest difference of an output.

    Attributes:
        difference: absolute.
        where: the batch or text that it was found in.
    """

    difference: float
    where: str


@dataclass
class ParityReport:
    """What was compared, and how far apart it was.

    Attributes:
        texts: distinct texts that were compared from raw text on.
        grid: shapes that were compared, "batch x time".
        worst: the largest difference of each float output.
        near_ties: decisions that differ where the reference hardly prefers its own.
    """

    texts: int = 0
    grid: list[str] = field(default_factory=list)
    worst: dict[str, Worst] = field(default_factory=dict)
    near_ties: int = 0

    def include(self, other: ParityReport) -> None:
        """Take up what another report says."""
        self.texts += other.texts
        self.grid += [shape for shape in other.grid if shape not in self.grid]
        self.near_ties += other.near_ties
        for name, worst in other.worst.items():
            self._note(name, worst)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        return asdict(self)

    def compare(
        self,
        ours: Mapping[str, npt.NDArray[Any]],
        reference: Mapping[str, npt.NDArray[Any]],
        tolerance: Tolerance,
        what: str,
        nearly_tie: NearTie = never_tied,
        *,
        texts: Sequence[str] = (),
    ) -> set[int]:
        """Compare the outputs of one batch.

        Args:
            ours: the exported model's outputs.
            reference: the trained model's.
            tolerance: for floats; whole numbers have to be equal. Relative to each number, in
                what is there for diagnosis to the largest number of the tensor.
            what: names the batch in an error.
            nearly_tie: whether a row (output, number, ours, the reference's) of whole numbers
                may differ.
            texts: the text of each row, where there is one.

        Returns:
            The rows that differ in a decision that nearly ties.

        Raises:
            ParityException: the first output that diverges.
        """
        if ours.keys() != reference.keys():
            raise ParityException(f"{what}: outputs {sorted(ours)} instead of {sorted(reference)}.")
        tied: set[int] = set()
        # The scores of other decisions differ with the decisions; nothing else does.
        decided = {_head(name) for name in reference if reference[name].dtype.kind != "f"}
        for name in sorted(reference, key=lambda name: reference[name].dtype.kind == "f"):
            mine, theirs = ours[name], reference[name]
            if theirs.dtype.kind == "f":
                excused = tied if _head(name) in decided else set()
                batch = _Batch(what, texts, excused)
                allowed = tolerance.of_largest(theirs) if name.startswith(PREFIX) else tolerance
                self._compare_floats(name, mine, theirs, allowed, batch)
            else:
                tied |= self._compare_decisions(name, mine, theirs, what, nearly_tie, tied)
        return tied

    def _compare_floats(
        self,
        name: str,
        ours: npt.NDArray[Any],
        reference: npt.NDArray[Any],
        tolerance: Tolerance,
        batch: _Batch,
    ) -> None:
        if ours.shape != reference.shape:
            raise ParityException(
                f"{batch.what}: {name} has shape {ours.shape}, not {reference.shape}."
            )
        with np.errstate(invalid="ignore"):  # inf - inf is nan, which argmax takes for the largest
            differences = np.abs(ours - reference)
        differences[sorted(batch.excused)] = 0.0
        if differences.size == 0:
            return self._note(name, Worst(0.0, batch.what))
        place = np.unravel_index(np.argmax(differences), differences.shape)
        compared = [row for row in range(len(reference)) if row not in batch.excused]
        if tolerance.excess(ours[compared], reference[compared]) > 0:
            # Not where numbers differ most, which large ones may: where by more than is allowed.
            with np.errstate(invalid="ignore"):
                excess = differences - tolerance.atol - tolerance.rtol * np.abs(reference)
            place = np.unravel_index(np.argmax(excess), excess.shape)
            row, index = int(place[0]), [int(i) for i in place]
            raise ParityException(
                f"{batch.what}: {name}, shape {ours.shape}, is {ours[place]!r} at {index} instead "
                f"of {reference[place]!r} (allowed: {tolerance.atol:g} + {tolerance.rtol:g} "
                "relative).",
                row=row,
            )
        where = batch.place([int(i) for i in place])
        return self._note(name, Worst(float(differences[place]), where))

    def _note(self, name: str, worst: Worst) -> None:
        known = self.worst.get(name)
        if known is None or worst.difference > known.difference:
            self.worst[name] = worst

    def _compare_decisions(
        self,
        name: str,
        ours: npt.NDArray[Any],
        reference: npt.NDArray[Any],
        what: str,
        nearly_tie: NearTie,
        already_tied: set[int],
    ) -> set[int]:
        if ours.shape != reference.shape:
            raise ParityException(f"{what}: {name} has shape {ours.shape}, not {reference.shape}.")
        different = np.any((ours != reference).reshape(len(reference), -1), axis=1)
        # What follows from a tied decision, such as roles from entities, differs with it.
        candidates = [int(row) for row in np.flatnonzero(different) if row not in already_tied]
        tied = {row for row in candidates if nearly_tie(name, row, ours[row], reference[row])}
        wrong = [row for row in candidates if row not in tied]
        if wrong:
            row = wrong[0]
            raise ParityException(
                f"{what}: {name} differs in {len(wrong)} of {len(reference)} rows; row {row} is "
                f"{ours[row].tolist()} instead of {reference[row].tolist()}.",
                row=row,
            )
        self.near_ties += len(tied)
        return tied


class _Batch(NamedTuple):
    """What is compared: its name, its texts by row, and the rows that may differ."""

    what: str
    texts: Sequence[str]
    excused: Collection[int]

    def place(self, index: Sequence[int]) -> str:
        """Name the place of a number: where each row is a text, the text."""
        if not self.texts:
            return f"{self.what}, at {list(index)}"
        text = self.texts[index[0]]
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
        return f"text {shown!r}, at {list(index[1:])}"


def _head(name: str) -> str:
    return name.rpartition(".")[0]
