"""The DIET classifier on ONNX Runtime."""

from __future__ import annotations

from onnlu.components.intent_classifier import IntentClassifier
from onnlu.components.onnx_component import OnnxComponent
from onnlu.decoding.prediction import PredictionDecoder


class DIETClassifierOnnx(OnnxComponent, IntentClassifier):
    """Intents and entities by an exported DIET model; the counterpart of `DIETClassifier`."""

    decoder_class = PredictionDecoder
