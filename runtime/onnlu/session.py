"""ONNX Runtime sessions: the device that was asked for, or an error."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy.typing as npt

from onnlu.errors import DeviceUnavailableException, MissingPackageException
from onnlu_engine.errors import CorruptModelException, InvalidConfigException

Tensors = dict[str, npt.NDArray[Any]]

_WHEELS = ("onnxruntime", "onnxruntime_gpu")
_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class OnnxSession:
    """One ONNX model on one device; any number of threads may run it at once.

    Attributes:
        device: where it runs, "cpu" or "cuda:<number>".

    Args:
        path: the .onnx file.
        device: "cpu", "cuda", "cuda:<number>" or "auto".
        threads: threads of one run.
        exact: no TF32 on a GPU; for verification.

    Raises:
        DeviceUnavailableException: the device cannot be had.
        MissingPackageException: ONNX Runtime is not installed, or twice.
        CorruptModelException: the file is no model that ONNX Runtime can run.
        InvalidConfigException: no such device.
    """

    def __init__(
        self, path: Path, *, device: str = "cpu", threads: int = 1, exact: bool = False
    ) -> None:
        runtime = _onnxruntime()
        chosen, _ = choose_device(device)
        wanted, number = _parsed(chosen)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Threads that spin between runs would take the CPU from the service around us.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers: list[Any] = [_PROVIDERS["cpu"]]
        if wanted == "cuda":
            _require_cuda(runtime, device)
            cuda_options = {"device_id": str(number), "use_tf32": "0" if exact else "1"}
            providers.insert(0, (_PROVIDERS["cuda"], cuda_options))
        try:
            # By itself it would go on with the CPU where CUDA fails, now or in a later run, and say
            # so on stdout.
            self._session = runtime.InferenceSession(
                str(path), options, providers=providers, enable_fallback=0
            )
        except Exception as error:  # ONNX Runtime's exceptions have no public base
            if wanted == "cuda":
                raise _cuda_failed(chosen, str(error)) from error
            raise CorruptModelException(
                f"{path.name}: ONNX Runtime {runtime.__version__} cannot run this model: {error}"
            ) from error
        # A provider that cannot be loaded is left out all the same, without an error.
        if _PROVIDERS[wanted] not in self._session.get_providers():
            raise _cuda_failed(chosen, "it fell back to the CPU")
        self.device = f"cuda:{number}" if wanted == "cuda" else "cpu"
        self.input_names = [value.name for value in self._session.get_inputs()]
        self.output_names = [value.name for value in self._session.get_outputs()]

    def run(self, inputs: Tensors) -> Tensors:
        """Return the outputs by name for inputs by name."""
        values = self._session.run(self.output_names, inputs)
        return dict(zip(self.output_names, values, strict=True))


def choose_device(device: str) -> tuple[str, str | None]:
    """Return the device that is meant, and why "auto" means the CPU where it does.

    Raises:
        MissingPackageException: ONNX Runtime is not installed, or twice.
        InvalidConfigException: no such device.
    """
    wanted, number = _parsed(device)
    if wanted == "auto":
        return _best(_onnxruntime())
    return (f"cuda:{number}" if wanted == "cuda" else "cpu"), None


def installed_runtimes() -> list[str]:
    """Return the names of the ONNX Runtime wheels that are installed.

    They are looked for beside the package: `importlib.metadata` would take longer to import than
    a model to load.
    """
    found = find_spec("onnxruntime")
    if found is None or found.origin is None:
        return []
    folder = Path(found.origin).parents[1]
    names = {path.name.split("-")[0] for path in folder.glob("onnxruntime*.dist-info")}
    return sorted(name.replace("_", "-") for name in names if name in _WHEELS)


def _onnxruntime() -> Any:
    if len(installed_runtimes()) > 1:
        raise MissingPackageException(
            "onnxruntime and onnxruntime-gpu are both installed, into one folder: CUDA breaks. "
            "Run: pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'onnlu[gpu]' "
            "(or 'onnlu[cpu]')."
        )
    # Read while it is imported; without it, it then notes an id of this machine in the home folder
    # and reports its start (on Linux since 1.29).
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingPackageException(
            "ONNX Runtime is not installed. Run: pip install 'onnlu[cpu]' (or 'onnlu[gpu]')."
        ) from error
    onnxruntime.disable_telemetry_events()
    return onnxruntime


def _parsed(device: str) -> tuple[str, int]:
    match = re.fullmatch(r"(cpu|auto|cuda)(?::(\d+))?", device)
    if match is None or (match[2] and match[1] != "cuda"):
        raise InvalidConfigException(
            f"There is no device '{device}': use 'cpu', 'cuda', 'cuda:<number>' or 'auto'."
        )
    return match[1], int(match[2] or 0)


def _best(runtime: Any) -> tuple[str, str | None]:
    if _PROVIDERS["cuda"] not in runtime.get_available_providers():
        return "cpu", "this ONNX Runtime was built without CUDA"
    if not Path("/proc/driver/nvidia/version").exists():
        return "cpu", "no NVIDIA driver is loaded"
    return "cuda:0", None


def _cuda_failed(device: str, cause: str) -> DeviceUnavailableException:
    return DeviceUnavailableException(
        f"ONNX Runtime could not start on device '{device}': {cause}. Check the number of the "
        "device and the driver with `nvidia-smi`, or use device='cpu'."
    )


def _require_cuda(runtime: Any, device: str) -> None:
    if _PROVIDERS["cuda"] not in runtime.get_available_providers():
        raise DeviceUnavailableException(
            f"Device '{device}' was asked for, but this ONNX Runtime was built without CUDA. "
            "Run: pip uninstall -y onnxruntime && pip install 'onnlu[gpu]', or use device='cpu'."
        )
