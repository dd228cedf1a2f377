"""The GPUs that NVIDIA's driver shows to this process."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple


class Driver(NamedTuple):
    """What the driver says.

    Attributes:
        gpus: names of the GPUs, by number; those that CUDA_VISIBLE_DEVICES hides are not counted.
        version: newest CUDA that it serves, such as "12.8"; None where there is no driver.
        problem: why there is no GPU; None where there is one.
    """

    gpus: tuple[str, ...] = ()
    version: str | None = None
    problem: str | None = None


def nvidia_driver() -> Driver:
    """Ask the driver itself: files under /proc are there in a container without any GPU."""
    import ctypes

    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        cuda = ctypes.CDLL(name)
    except OSError as error:
        return Driver(problem=f"no NVIDIA driver is installed ({error})")
    version = ctypes.c_int()
    cuda.cuDriverGetVersion(ctypes.byref(version))
    number = f"{version.value // 1000}.{version.value % 1000 // 10}"
    if code := cuda.cuInit(0):
        return Driver(version=number, problem=f"the NVIDIA driver reports: {_message(cuda, code)}")
    count = ctypes.c_int()
    cuda.cuDeviceGetCount(ctypes.byref(count))
    gpus = tuple(_gpu_name(cuda, index) for index in range(count.value))
    return Driver(gpus, number, None if gpus else "the NVIDIA driver shows no GPU")


def _gpu_name(cuda: Any, index: int) -> str:
    import ctypes

    name = ctypes.create_string_buffer(256)
    cuda.cuDeviceGetName(name, len(name), index)
    return name.value.decode(errors="replace")


def _message(cuda: Any, code: int) -> str:
    import ctypes

    text = ctypes.c_char_p()
    cuda.cuGetErrorString(code, ctypes.byref(text))
    return f"error {code}, {(text.value or b'unknown').decode(errors='replace')}"
