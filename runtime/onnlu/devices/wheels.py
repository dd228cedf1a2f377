"""Which ONNX Runtime is installed. Two of its wheels share a folder, and exclude each other."""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from onnlu.errors import MissingPackageException

CPU_WHEEL = "onnxruntime"
GPU_WHEEL = "onnxruntime-gpu"


def installed_wheels() -> dict[str, str]:
    """Return the wheels of ONNX Runtime that are installed, name -> version.

    They are looked for beside the package: `importlib.metadata` would take longer to import than
    a model to load.
    """
    found = find_spec("onnxruntime")
    if found is None or found.origin is None:
        return {}
    folder = Path(found.origin).parents[1]
    wheels = {}
    for path in sorted(folder.glob("onnxruntime*.dist-info")):
        name, _, version = path.name.removesuffix(".dist-info").partition("-")
        wheels[name.replace("_", "-")] = version
    return {name: version for name, version in wheels.items() if name in (CPU_WHEEL, GPU_WHEEL)}


@cache
def import_onnxruntime() -> Any:
    """Import ONNX Runtime, with its telemetry off; once a process.

    Raises:
        MissingPackageException: it is not installed, twice, or cannot be loaded.
    """
    check_wheels(installed_wheels())
    # Read while it is imported; without it, it then notes an id of this machine in the home folder
    # and reports its start (on Linux since 1.29).
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingPackageException(
            f"ONNX Runtime cannot be imported: {error}. Run: pip install 'onnlu[cpu]' "
            "(or 'onnlu[gpu]')."
        ) from error
    onnxruntime.disable_telemetry_events()
    return onnxruntime


def check_wheels(wheels: dict[str, str]) -> None:
    """Refuse two wheels in one folder: parts of one overwrite parts of the other.

    Raises:
        MissingPackageException: both are installed.
    """
    if len(wheels) > 1:
        raise MissingPackageException(
            "onnxruntime and onnxruntime-gpu are both installed, into one folder: CUDA breaks. "
            "Run: pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'onnlu[gpu]' "
            "(or 'onnlu[cpu]')."
        )
