"""What is done to a converted graph, in order; each pass changes it in place."""

from collections.abc import Callable

from onnlu_export.conversion import Conversion
from onnlu_export.passes.decodings import append_decodings
from onnlu_export.passes.gelu import fuse_gelu
from onnlu_export.passes.interface import declare_interface
from onnlu_export.passes.layer_norm import fuse_layer_norm
from onnlu_export.passes.opset import raise_opset

GraphPass = Callable[[Conversion], None]

REQUIRED_PASSES: tuple[GraphPass, ...] = (raise_opset, append_decodings, declare_interface)
"""Those that a graph is not complete without; the others make it fast."""

DEFAULT_PASSES: tuple[GraphPass, ...] = (
    raise_opset,
    fuse_gelu,
    fuse_layer_norm,
    append_decodings,
    declare_interface,
)

__all__ = ["DEFAULT_PASSES", "REQUIRED_PASSES", "GraphPass"]
