"""The response selector on ONNX Runtime."""

from __future__ import annotations

from onnlu.components.onnx_component import OnnxComponent
from onnlu.decoding.response import ResponseDecoder


class ResponseSelectorOnnx(OnnxComponent):
    """Responses by an exported model; the counterpart of `ResponseSelector`."""

    decoder_class = ResponseDecoder
