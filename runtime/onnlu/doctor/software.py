"""Python, numpy, and the wheel of ONNX Runtime."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from typing import Any

from onnlu.devices.cuda import CPU
from onnlu.devices.wheels import GPU_WHEEL, import_onnxruntime, installed_wheels
from onnlu.doctor.finding import Finding
from onnlu.errors import MissingPackageException
from onnlu.version import __version__

OLDEST = (1, 24)

_INSTALL = "pip install 'onnlu[cpu]' (or 'onnlu[gpu]')"


def software() -> Iterator[Finding]:
    """Yield what is installed."""
    yield Finding("python", platform.python_version())
    yield Finding("onnlu", __version__)
    yield numpy_version()
    wheels = installed_wheels()
    yield wheel(wheels)
    if len(wheels) == 1:
        yield providers(wheels)


def numpy_version() -> Finding:
    """Return the version of numpy."""
    try:
        import numpy as np
    except ImportError as error:
        return Finding("numpy", f"cannot be imported: {error}", "problem", "pip install onnlu")
    return Finding("numpy", np.__version__)


def wheel(wheels: Mapping[str, str]) -> Finding:
    """Return what of ONNX Runtime is installed.

    Args:
        wheels: name -> version.
    """
    name = "onnxruntime"
    if not wheels:
        return Finding(name, "not installed", "problem", _INSTALL)
    value = ", ".join(f"{wheel} {version}" for wheel, version in wheels.items())
    if len(wheels) > 1:
        mend = "pip uninstall -y onnxruntime onnxruntime-gpu && pip install 'onnlu[gpu]'"
        both = "two wheels that overwrite each other"
        return Finding(name, f"{value}: {both}", "problem", f"{mend} (or 'onnlu[cpu]')")
    (version,) = wheels.values()
    if _numbers(version) < OLDEST:
        older = f"older than {'.'.join(map(str, OLDEST))}, which models are tested with"
        return Finding(name, f"{value}: {older}", "warning", _upgrade(wheels))
    return Finding(name, value)


def providers(wheels: Mapping[str, str]) -> Finding:
    """Return the execution providers of the installed wheel."""
    try:
        found: list[str] = import_onnxruntime().get_available_providers()
    except MissingPackageException as error:
        return Finding("providers", str(error), "problem", _reinstall(wheels))
    if CPU not in found:
        return Finding("providers", ", ".join(found) or "none", "problem", _reinstall(wheels))
    return Finding("providers", ", ".join(found))


def importable_onnxruntime() -> Any | None:
    """Return the module `onnxruntime`, or None where it cannot be had."""
    try:
        return import_onnxruntime()
    except MissingPackageException:
        return None


def _upgrade(wheels: Mapping[str, str]) -> str:
    return f"pip install -U 'onnlu[{'gpu' if GPU_WHEEL in wheels else 'cpu'}]'"


def _reinstall(wheels: Mapping[str, str]) -> str:
    (name,) = wheels
    return f"pip install --force-reinstall {name}"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
