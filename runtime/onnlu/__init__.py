"""Serve exported NLU models with numpy and ONNX Runtime.

import onnlu

nlu = onnlu.load("models/onnx")
result = nlu.parse("book a table for two in Paris")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from onnlu.version import __version__

if TYPE_CHECKING:
    from onnlu.errors import (
        DeviceUnavailableException,
        ForkedException,
        MissingPackageException,
        TextTooLongException,
        VerificationException,
    )
    from onnlu.loading import load
    from onnlu.nlu import NLU
    from onnlu.result import Entity, Intent, ParseResult
    from onnlu_engine.errors import (
        CorruptModelException,
        IncompatibleModelException,
        InvalidConfigException,
        ModelException,
        OnnluException,
    )

__all__ = [
    "NLU",
    "CorruptModelException",
    "DeviceUnavailableException",
    "Entity",
    "ForkedException",
    "IncompatibleModelException",
    "Intent",
    "InvalidConfigException",
    "MissingPackageException",
    "ModelException",
    "OnnluException",
    "ParseResult",
    "TextTooLongException",
    "VerificationException",
    "__version__",
    "load",
]

# Where each name is defined. They are imported on first use: `onnlu --help` needs no numpy.
_HOMES = {
    "NLU": "onnlu.nlu",
    "CorruptModelException": "onnlu_engine.errors",
    "DeviceUnavailableException": "onnlu.errors",
    "Entity": "onnlu.result",
    "ForkedException": "onnlu.errors",
    "IncompatibleModelException": "onnlu_engine.errors",
    "Intent": "onnlu.result",
    "InvalidConfigException": "onnlu_engine.errors",
    "MissingPackageException": "onnlu.errors",
    "ModelException": "onnlu_engine.errors",
    "OnnluException": "onnlu_engine.errors",
    "ParseResult": "onnlu.result",
    "TextTooLongException": "onnlu.errors",
    "VerificationException": "onnlu.errors",
    "load": "onnlu.loading",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'onnlu' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
