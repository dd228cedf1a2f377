"""How far two computations of one int8 graph are apart."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from onnlu.devices.cuda import CPU
from onnlu.devices.wheels import import_onnxruntime
from onnlu.session import OnnxSession, Tensors
from onnlu.tolerance import Tolerance

MARGIN = 4
"""How much farther apart another machine may be than what was seen on this one."""

WIDEST = 0.05
"""A wider tolerance of confidences would prove nothing."""


def int8_tolerance(graph: Path, texts: Iterable[Tensors], tolerance: Tolerance) -> Tolerance:
    """Return the tolerance for what an int8 graph gives on another machine.

    A float that differs in its last bit may round to another integer. How much comes of that is
    seen where ONNX Runtime computes the same graph without its int8 kernels, in float32.

    Args:
        graph: the .onnx file.
        texts: its inputs for one text each.
        tolerance: of a float32 graph; the result is not narrower.
    """
    runtime = import_onnxruntime()
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    plain = runtime.InferenceSession(str(graph), options, providers=[CPU])
    session = OnnxSession(graph)
    worst = 0.0
    for inputs in texts:
        others = plain.run(session.output_names, inputs)
        worst = max(worst, _distance(list(session.run(inputs).values()), others))
    return Tolerance(max(tolerance.atol, min(WIDEST, MARGIN * worst)), tolerance.rtol)


def _distance(ours: list[npt.NDArray[Any]], others: list[npt.NDArray[Any]]) -> float:
    """Return how far floats are apart; 0 where decisions are, as floats follow from those."""
    pairs = list(zip(ours, others, strict=True))
    if any((one != other).any() for one, other in pairs if one.dtype.kind != "f"):
        return 0.0
    floats = [np.abs(one - other) for one, other in pairs if one.dtype.kind == "f"]
    return max((float(distance.max(initial=0.0)) for distance in floats), default=0.0)
