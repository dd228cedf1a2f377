"""What a worker of a cluster has of a fit: the options, and none of what watches it from outside.

Nothing here imports TensorFlow before a worker's process is ready for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any

from onnlu_engine.errors import GraphRunError
from onnlu_engine.parcels import this_process
from onnlu_train.tensorflow_setup import import_tensorflow, use_device

if TYPE_CHECKING:  # imports TensorFlow
    from onnlu_train.training.session import TrainingSession

_SAME_EVERYWHERE = ("onnlu", "numpy", "tensorflow", "keras")


def versions_here() -> dict[str, str]:
    """Return the versions that decide what a training gives."""
    return {name: metadata.version(name) for name in _SAME_EVERYWHERE}


def worker_session(
    versions: Mapping[str, str], device: str, train: Mapping[str, Any], **facts: Any
) -> TrainingSession:
    """Prepare this process for training, and return the session of its models.

    Args:
        versions: what the fit has, of `versions_here`.
        device: as the user asked for it; each worker looks for its own.
        train: keys of `train:`, checked.
        facts: further arguments of the session.

    Raises:
        GraphRunError: the worker would train otherwise than the fit.
        DeviceUnavailableException: the worker has no such device.
    """
    here = versions_here()
    differences = [
        f"{name} {here[name]} instead of {version}"
        for name, version in versions.items()
        if here[name] != version
    ]
    if differences:
        raise GraphRunError(
            f"{this_process()} has {', '.join(differences)}. Install the same versions on all "
            "machines of the cluster."
        )
    import_tensorflow()
    own = use_device(device)
    from onnlu_train.training.epoch_log import EpochLog
    from onnlu_train.training.session import TrainingSession

    return TrainingSession(train, device=own, callbacks=[EpochLog()], **facts)
