"""Float weights as int8 with a scale for each row or column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int8]


def scales_of(weights: Floats, axis: int, largest: int) -> Floats:
    """Return the smallest scales with which weights reach from `-largest` to `largest`.

    Args:
        weights: [rows, columns].
        axis: the one that shares a scale: 1 for a scale a row, 0 for one a column.
        largest: absolute value of the largest integer.

    Returns:
        [rows] or [columns]; 1 where all weights are 0.
    """
    scales = np.abs(weights).max(axis=axis) / np.float32(largest)
    scales[scales == 0] = 1
    return scales.astype(np.float32)


def quantized(weights: Floats, scales: Floats, axis: int, largest: int) -> Integers:
    """Return the integers that times their scales are nearest to the weights.

    Args:
        weights: [rows, columns].
        scales: of the rows or columns.
        axis: as for `scales_of`.
        largest: absolute value of the largest integer.
    """
    integers = np.rint(weights / np.expand_dims(scales, axis))
    return np.clip(integers, -largest, largest).astype(np.int8)
