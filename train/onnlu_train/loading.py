"""Load a trained model, to parse with TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Iterable

from onnlu.nlu import NLU
from onnlu_engine import GraphComponent
from onnlu_engine.errors import IncompatibleModelException
from onnlu_engine.model_directory import open_model
from onnlu_train.tensorflow_setup import use_device


def load(
    path: str | os.PathLike[str],
    *,
    device: str = "cpu",
    components: Iterable[type[GraphComponent]] = (),
) -> NLU:
    """Load a trained model; it answers as its export does, slower.

    Args:
        path: the model's directory.
        device: "auto", "cpu", "gpu" or "gpu:<number>".
        components: component classes besides those that installed packages register.

    Raises:
        ModelException: the model is missing, corrupt, incompatible, or exported.
        DeviceUnavailableException: the device asked for cannot be had.
    """
    model = open_model(path)
    if model.manifest.get("kind") == "onnx":
        raise IncompatibleModelException(
            f"{model.path} is an exported model. Parse with it by `onnlu parse`, or give the "
            "model that it was exported from."
        )
    return NLU(model, {"device": use_device(device)}, components=components)
