"""The versions that decide how a model runs."""

from __future__ import annotations

import platform

from onnlu.devices.wheels import installed_wheels
from onnlu.version import __version__


def versions() -> dict[str, str]:
    """Return name -> version of Python, onnlu, numpy and the wheels of ONNX Runtime."""
    import numpy as np

    return {
        "python": platform.python_version(),
        "onnlu": __version__,
        "numpy": np.__version__,
        **installed_wheels(),
    }
