"""The errors of the exporter, under those of the engine.

OnnluException (onnlu_engine)         1
└── ExportException                   4  a step of the gate failed; nothing was written
    ├── ConversionException           4  the graph could not be converted, or not as contracted
    └── ParityException               4  the exported model gives other numbers
"""

from __future__ import annotations

from onnlu_engine.errors import OnnluException


class ExportException(OnnluException):
    """A step of the gate failed."""

    exit_code = 4


class ConversionException(ExportException):
    """The graph could not be converted, or did not come out as contracted."""


class ParityException(ExportException):
    """The exported model does not give what the trained model gives."""
