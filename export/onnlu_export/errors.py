"""The errors of the exporter, under those of the engine.

OnnluException (onnlu_engine)         1
└── ExportException                   4  a step of the gate failed; nothing was written
    ├── ConversionException           4  the graph could not be converted, or not as contracted
    └── ParityException               4  the exported model gives other numbers
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from onnlu_engine.errors import OnnluException

if TYPE_CHECKING:  # they come with numpy and onnx
    from onnlu.session import Tensors
    from onnlu_export.divergence import Divergence


class ExportException(OnnluException):
    """A step of the gate failed."""

    exit_code = 4


class ConversionException(ExportException):
    """The graph could not be converted, or did not come out as contracted."""


class ParityException(ExportException):
    """The exported model does not give what the trained model gives.

    Attributes:
        row: the row of the batch that diverges.
        batches: inputs of the graph that it shows with, the smallest first.
        divergence: the first tensor within the graph that diverges, where one was found.
    """

    def __init__(
        self,
        message: str,
        *,
        row: int = 0,
        batches: Sequence[Tensors] = (),
        divergence: Divergence | None = None,
    ) -> None:
        super().__init__(message)
        self.row = row
        self.batches = batches
        self.divergence = divergence
