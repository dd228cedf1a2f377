"""How far two computations of one int8 graph are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Stability:
    """What another machine may make of an int8 graph.

    Attributes:
        tolerance: for its numbers.
        undecided: texts that another machine may decide otherwise, as their tags nearly tie.
    """

    tolerance: Tolerance
    undecided: frozenset[str]


def stability(graph: Path, texts: Mapping[str, Tensors], tolerance: Tolerance) -> Stability:
    """Return what an int8 graph may give on another machine.

    A float that differs in its last bit may round to another integer. How much comes of that is
    seen where ONNX Runtime computes the same graph without its int8 kernels, in float32.

    Args:
        graph: the .onnx file.
        texts: text -> the graph's inputs for it alone.
        tolerance: of a float32 graph; the result is not narrower.
    """
    runtime = import_onnxruntime()
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    plain = runtime.InferenceSession(str(graph), options, providers=[CPU])
    session = OnnxSession(graph)
    worst, undecided = 0.0, set()
    for text, inputs in texts.items():
        ours, others = list(session.run(inputs).values()), plain.run(session.output_names, inputs)
        if _same_decisions(ours, others):
            worst = max(worst, _distance(ours, others))
        else:
            undecided.add(text)  # floats follow from decisions, and say nothing here
    atol = max(tolerance.atol, min(WIDEST, MARGIN * worst))
    return Stability(Tolerance(atol, tolerance.rtol), frozenset(undecided))


def _same_decisions(ours: list[npt.NDArray[Any]], others: list[npt.NDArray[Any]]) -> bool:
    pairs = zip(ours, others, strict=True)
    return all((one == other).all() for one, other in pairs if one.dtype.kind != "f")


def _distance(ours: list[npt.NDArray[Any]], others: list[npt.NDArray[Any]]) -> float:
    pairs = zip(ours, others, strict=True)
    floats = [np.abs(one - other) for one, other in pairs if one.dtype.kind == "f"]
    return max((float(distance.max(initial=0.0)) for distance in floats), default=0.0)
