"""Everything that `onnlu doctor` looks at."""

from __future__ import annotations

import os

from onnlu.devices.driver import nvidia_driver
from onnlu.doctor.finding import Finding
from onnlu.doctor.gpu import gpu
from onnlu.doctor.hardware import hardware
from onnlu.doctor.software import importable_onnxruntime, software
from onnlu.doctor.variables import variables


def examine() -> list[Finding]:
    """Return what was found in this process's environment."""
    found = list(software())
    runtime = importable_onnxruntime()
    if runtime is not None:
        found.append(gpu(runtime, nvidia_driver()))
    return [*found, *hardware(), *variables(os.environ)]
