"""The GPU, if the installed ONNX Runtime can use one."""

from __future__ import annotations

from typing import Any

from onnlu.devices.cuda import CUDA, cuda_start_problem
from onnlu.devices.driver import Driver
from onnlu.doctor.finding import Finding


def gpu(runtime: Any, driver: Driver) -> Finding:
    """Return what there is to say of the GPU; without one, models are served on the CPU.

    Args:
        runtime: the module `onnxruntime`.
        driver: what the driver shows.
    """
    with_cuda = CUDA in runtime.get_available_providers()
    if driver.problem is not None:
        if not with_cuda:
            return Finding("gpu", f"none is used: {driver.problem}")
        return Finding(
            "gpu",
            driver.problem,
            "warning",
            "install NVIDIA's driver (a container: --gpus all), or take the smaller 'onnlu[cpu]'",
        )
    names = ", ".join(f"cuda:{number} {name}" for number, name in enumerate(driver.gpus))
    value = f"{names}; the driver is for CUDA {driver.version}"
    if not with_cuda:
        return Finding(
            "gpu",
            f"{value}; this ONNX Runtime was built without CUDA",
            "warning",
            "to use it: pip uninstall -y onnxruntime && pip install 'onnlu[gpu]'",
        )
    if problem := cuda_start_problem(runtime, 0):
        return Finding("gpu", f"{value}; {problem.cause}", "warning", problem.remedy)
    return Finding("gpu", value)
