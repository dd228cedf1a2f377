"""Loads an exported model: what can be done at once is done at once.

A thread computes the digests of the files while numpy and ONNX Runtime are imported, and creates
the session of the graph while the components are imported and loaded. It has ended when `load`
returns.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from onnlu.devices.device import choose_device
from onnlu.devices.wheels import import_onnxruntime
from onnlu.errors import DeviceUnavailableException
from onnlu.limits import MAX_CHARACTERS, MAX_TOKENS
from onnlu.machine.memory import give_back_freed
from onnlu_engine.component import GraphComponent
from onnlu_engine.errors import IncompatibleModelException, InvalidConfigException
from onnlu_engine.model_directory import Model, open_model

if TYPE_CHECKING:
    from onnlu.nlu import NLU


def load(
    path: str | os.PathLike[str],
    *,
    device: str = "auto",
    threads: int = 1,
    exact: bool = False,
    digest: str | None = None,
    components: Iterable[type[GraphComponent]] = (),
    max_characters: int = MAX_CHARACTERS,
    max_tokens: int = MAX_TOKENS,
) -> NLU:
    """Load an exported model; nothing is written, nothing fetched, no code of the model run.

    Args:
        path: the model's directory, or a symbolic link to it.
        device: "cpu", "cuda", "cuda:<number>", or "auto" for a GPU where there is one.
        threads: threads that one call of `parse_batch` may use.
        exact: no TF32 on a GPU; for verification.
        digest: "sha256:<model_id>", to accept this model only.
        components: component classes besides those that installed packages register.
        max_characters: longest text that is parsed.
        max_tokens: most tokens of a text that is parsed.

    Raises:
        ModelException: the model is missing, corrupt, incompatible, or not exported.
        DeviceUnavailableException: the device asked for cannot be had.
        InvalidConfigException: a number is none or below 1, or there is no such device.
    """
    numbers = {"threads": threads, "max_characters": max_characters, "max_tokens": max_tokens}
    for name, number in numbers.items():
        if not isinstance(number, int):
            raise InvalidConfigException(f"{name} must be a whole number, not {number!r}.")
        if number < 1:
            raise InvalidConfigException(f"{name} must be at least 1, not {number}.")
    model = open_model(path, digest, meanwhile=_import_libraries)
    if model.manifest.get("kind") == "tensorflow":
        raise IncompatibleModelException(
            f"{model.path} holds a TensorFlow model. Export it first: "
            f"exporter to-onnx {model.path} --out <directory>"
        )
    chosen, fallback = choose_device(device)
    settings = {
        "device": chosen,
        "fallback": fallback,
        "threads": threads,
        "exact": exact,
        "max_tokens": max_tokens,
    }
    components = tuple(components)
    try:
        return _loaded(model, settings, components, max_characters)
    except DeviceUnavailableException as error:
        if device != "auto":
            raise
        # A driver is there, yet the GPU cannot be used.
        settings |= {"device": "cpu", "fallback": str(error)}
    return _loaded(model, settings, components, max_characters)


def _import_libraries(manifest: Mapping[str, Any]) -> None:
    """Import what takes longest; a model without graphs can do without ONNX Runtime."""
    import numpy  # noqa: F401

    if any(name.endswith(".onnx") for name in manifest["files"]):
        import_onnxruntime()


def _loaded(
    model: Model,
    settings: dict[str, Any],
    components: tuple[type[GraphComponent], ...],
    max_characters: int,
) -> NLU:
    from onnlu.sessions_ahead import SessionsAhead

    with SessionsAhead(model, settings) as sessions:
        from onnlu.nlu import NLU

        nlu = NLU(
            model,
            settings,
            components=components,
            max_characters=max_characters,
            create_session=sessions.take,
        )
    give_back_freed()
    return nlu
