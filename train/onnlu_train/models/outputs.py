"""Outputs of models: nested by head, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from onnlu.message import DIAGNOSTIC_DATA

Outputs = dict[str, Any]


def flattened(
    outputs: Mapping[str, Any], prefix: str = "", *, diagnostics: bool = False
) -> dict[str, Any]:
    """Return nested outputs under dotted names.

    Args:
        outputs: what a model returns.
        prefix: put before each name.
        diagnostics: keep what is there for diagnosis.

    >>> flattened({"intent": {"confidences": 1}, "diagnostic_data": {"attention_weights": 2}})
    {'intent.confidences': 1}
    """
    flat: dict[str, Any] = {}
    for key, value in outputs.items():
        if key == DIAGNOSTIC_DATA and not diagnostics:
            continue
        if isinstance(value, Mapping):
            flat |= flattened(value, f"{prefix}{key}.", diagnostics=diagnostics)
        else:
            flat[prefix + key] = value
    return flat


def merged(batches: Sequence[Mapping[str, Any]]) -> Outputs:
    """Return the outputs of all batches as those of one.

    Later axes that differ between batches are padded with zeros.
    """
    together: Outputs = {}
    for key, first in batches[0].items():
        values = [batch[key] for batch in batches]
        together[key] = merged(values) if isinstance(first, Mapping) else _stacked(values)
    return together


def _stacked(arrays: list[npt.NDArray[np.generic]]) -> npt.NDArray[np.generic]:
    """Concatenate on axis 0; pad the other axes to the longest."""
    widest = np.max([array.shape[1:] for array in arrays], axis=0, initial=0)
    padded = [
        np.pad(a, [(0, 0), *((0, int(w - n)) for w, n in zip(widest, a.shape[1:], strict=True))])
        for a in arrays
    ]
    return np.concatenate(padded)
