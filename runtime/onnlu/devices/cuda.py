"""CUDA through ONNX Runtime: whether it can be had, and sessions on it."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from onnlu.devices.driver import nvidia_driver
from onnlu.errors import DeviceUnavailableException

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"

# The exporter's names of the nodes that decode a CRF begin so. Their loops are driven by the CPU
# anyway. Older versions of ONNX Runtime, such as 1.26, do not know the option and pass over it.
DECODING_ON_CPU = "cpu(decoding.)"

_LIBRARY = "libonnxruntime_providers_cuda.so"
_CPU_INSTEAD = "or use device='cpu'."


class Problem(NamedTuple):
    """Why a device cannot be had: the cause, and what to do."""

    cause: str
    remedy: str

    def error(self, device: str) -> DeviceUnavailableException:
        """Return the error for whoever asked for the device."""
        return DeviceUnavailableException(
            f"Device '{device}' cannot be had: {self.cause}. {self.remedy}"
        )


def cuda_problem(runtime: Any, number: int) -> Problem | None:
    """Return why a GPU cannot be had, as far as can be told without a session; None if it can.

    Args:
        runtime: the module `onnxruntime`.
        number: of the GPU.
    """
    if CUDA not in runtime.get_available_providers():
        return Problem(
            f"this ONNX Runtime ({runtime.__version__}) was built without CUDA",
            "On Linux x86-64 and Windows, run: pip uninstall -y onnxruntime && "
            f"pip install 'onnlu[gpu]', {_CPU_INSTEAD}",
        )
    driver = nvidia_driver()
    if driver.problem is not None:
        return Problem(
            driver.problem,
            "Install the driver that `nvidia-smi` comes with; give a container its GPUs (docker "
            f"run --gpus all); look at CUDA_VISIBLE_DEVICES; {_CPU_INSTEAD}",
        )
    if number >= len(driver.gpus):
        known = ", ".join(f"cuda:{index} ({name})" for index, name in enumerate(driver.gpus))
        return Problem(f"the GPUs here are {known}", f"Choose one of them, {_CPU_INSTEAD}")
    return None


def cuda_start_problem(runtime: Any, number: int) -> Problem | None:
    """Return why CUDA cannot be started on a GPU, tried without a model; None if it can.

    Args:
        runtime: the module `onnxruntime`, with CUDA.
        number: of the GPU.
    """
    import numpy as np

    _preload(runtime)
    try:
        runtime.OrtValue.ortvalue_from_numpy(np.zeros(1, np.float32), "cuda", number)
    except Exception:  # ONNX Runtime's exceptions have no public base, and say less than the loader
        return _not_started(_loading_error(runtime))
    return None


def cuda_session(runtime: Any, path: Path, options: Any, number: int, *, exact: bool) -> Any:
    """Return a session on a GPU; never one that fell back to the CPU.

    Args:
        runtime: the module `onnxruntime`, with CUDA.
        path: the .onnx file.
        options: of the session.
        number: of the GPU.
        exact: no TF32.

    Raises:
        DeviceUnavailableException: CUDA cannot be started.
    """
    _preload(runtime)
    options.add_session_config_entry("session.name_based_layer_assignment", DECODING_ON_CPU)
    provider = (CUDA, {"device_id": str(number), "use_tf32": "0" if exact else "1"})
    try:
        # By itself it would go on with the CPU where CUDA fails, now or in a later run, and say
        # so on stdout.
        session = runtime.InferenceSession(
            str(path), options, providers=[provider, CPU], enable_fallback=0
        )
    except Exception as error:  # ONNX Runtime's exceptions have no public base
        raise _not_started(str(error)).error(f"cuda:{number}") from error
    # A provider that cannot be loaded is left out all the same, without an error.
    if CUDA not in session.get_providers():
        raise _not_started(_loading_error(runtime)).error(f"cuda:{number}")
    return session


def _preload(runtime: Any) -> None:
    """Load what pip installed of CUDA: nobody else finds it. It prints what it misses."""
    with redirect_stdout(sys.stderr):
        runtime.preload_dlls()


def _not_started(cause: str) -> Problem:
    return Problem(
        f"ONNX Runtime could not start CUDA: {cause}",
        "Libraries of CUDA and cuDNN come with: pip install 'onnxruntime-gpu[cuda,cudnn]'. Compare "
        f"the driver (`nvidia-smi`) with the CUDA that they are for, {_CPU_INSTEAD}",
    )


def _loading_error(runtime: Any) -> str:
    """Return what stands in the way of the provider's library, which ONNX Runtime only logs."""
    import ctypes

    name = "onnxruntime_providers_cuda.dll" if sys.platform == "win32" else _LIBRARY
    try:
        ctypes.CDLL(str(Path(runtime.__file__).parent / "capi" / name))
    except OSError as error:
        return str(error)
    return "the GPU cannot be used; what ONNX Runtime wrote to stderr says why"
