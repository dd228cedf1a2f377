"""The names of devices, and the one that "auto" stands for."""

from __future__ import annotations

import re
from typing import Any

from onnlu.devices.cuda import cuda_problem
from onnlu.devices.wheels import import_onnxruntime
from onnlu_engine.errors import InvalidConfigException


def parsed_device(device: str) -> tuple[str, int]:
    """Return "cpu", "cuda" or "auto", and the number of the GPU.

    Raises:
        InvalidConfigException: no such device.

    >>> parsed_device("cuda:1")
    ('cuda', 1)
    """
    match = re.fullmatch(r"(cpu|auto|cuda)(?::(\d+))?", str(device))
    if match is None or (match[2] and match[1] != "cuda"):
        raise InvalidConfigException(
            f"There is no device '{device}': use 'cpu', 'cuda', 'cuda:<number>' or 'auto'."
        )
    return match[1], int(match[2] or 0)


def choose_device(device: str) -> tuple[str, str | None]:
    """Return the device that is meant, and why "auto" means the CPU where it does.

    Raises:
        MissingPackageException: ONNX Runtime is not installed, or twice.
        InvalidConfigException: no such device.
    """
    kind, number = parsed_device(device)
    if kind == "auto":
        return _best(import_onnxruntime())
    return (f"cuda:{number}" if kind == "cuda" else "cpu"), None


def _best(runtime: Any) -> tuple[str, str | None]:
    problem = cuda_problem(runtime, 0)
    return ("cuda:0", None) if problem is None else ("cpu", problem.cause)
