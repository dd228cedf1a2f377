"""tf2onnx stops at opset 18; we go on to the one that has Gelu."""

from __future__ import annotations

from onnlu_export.conversion import Conversion

OPSET = 20
IR_VERSION = 9


def raise_opset(conversion: Conversion) -> None:
    """Declare opset 20: between 18 and 20 no operation that tf2onnx emits changed its meaning."""
    model = conversion.graph
    for imported in model.opset_import:
        if imported.domain in ("", "ai.onnx"):
            imported.version = OPSET
    model.ir_version = IR_VERSION
