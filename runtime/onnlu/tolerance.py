"""How far apart two implementations of one model may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Tolerance:
    """Numbers a (ours) and b (the reference) agree where |a - b| <= atol + rtol |b|."""

    atol: float = 1e-5
    rtol: float = 1e-4

    def excess(self, ours: npt.NDArray[Any], reference: npt.NDArray[Any]) -> float:
        """Return by how much the worst number exceeds the tolerance; at most 0 if all agree.

        Numbers that are not finite, and shapes that differ, exceed it without limit.
        """
        if ours.shape != reference.shape:
            return float("inf")
        if not (np.isfinite(ours).all() and np.isfinite(reference).all()):
            return float("inf")
        allowed = self.atol + self.rtol * np.abs(reference)
        return float(np.max(np.abs(ours - reference) - allowed, initial=-np.inf))

    def of_largest(self, reference: npt.NDArray[Any]) -> Tolerance:
        """Return it with the relative part counted from the largest finite number of a tensor.

        For tensors within a model: a small number there may be the difference of large ones.
        """
        largest = np.max(np.abs(reference), where=np.isfinite(reference), initial=0.0)
        return Tolerance(self.atol + self.rtol * float(largest), 0.0)

    def accepts(self, ours: float, reference: float) -> bool:
        """Return whether two numbers agree."""
        return abs(ours - reference) <= self.atol + self.rtol * abs(reference)

    def nearly_tie(self, one: float, other: float) -> bool:
        """Return whether two numbers are so close that either may come out ahead."""
        return abs(one - other) < 2 * (self.atol + self.rtol * max(abs(one), abs(other)))
