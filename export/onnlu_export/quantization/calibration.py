"""Between which numbers the tensors of a graph lie, on texts of the training data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from onnlu.session import OnnxSession, Tensors

LEVELS = 255
"""Steps from the least to the largest number of a uint8."""


@dataclass(frozen=True)
class Observed:
    """What a float tensor was seen to be.

    Attributes:
        rank: its number of dimensions.
        low: its least number, at most 0.
        high: its largest, at least 0.
    """

    rank: int
    low: float
    high: float

    @property
    def scale(self) -> np.float32:
        """What one step of a uint8 stands for."""
        return np.float32(max(self.high - self.low, 1e-6) / LEVELS)

    @property
    def zero_point(self) -> np.uint8:
        """The uint8 that stands for 0."""
        return np.uint8(min(round(-self.low / float(self.scale)), LEVELS))


def observe(
    graph: onnx.ModelProto, names: Collection[str], texts: Sequence[Tensors], folder: Path
) -> dict[str, Observed]:
    """Run a float graph and note the range of some of its tensors.

    Args:
        graph: it is not changed.
        names: of float tensors.
        texts: the graph's inputs for one text each: a padded batch would have rows of no text (a
            text of several blocks may have a few).
        folder: for a temporary file, an existing directory.
    """
    probed = onnx.ModelProto()
    probed.CopyFrom(graph)
    probed.graph.ClearField("output")
    probed.graph.output.extend(onnx.ValueInfoProto(name=name) for name in sorted(names))
    path = folder / "calibration.onnx"
    onnx.save(probed, path)
    session = OnnxSession(path)
    path.unlink()
    observed = {name: Observed(0, 0.0, 0.0) for name in names}
    for inputs in texts:
        for name, array in session.run({key: inputs[key] for key in session.input_names}).items():
            known = observed[name]
            low, high = float(array.min(initial=0.0)), float(array.max(initial=0.0))
            observed[name] = Observed(array.ndim, min(known.low, low), max(known.high, high))
    return observed
