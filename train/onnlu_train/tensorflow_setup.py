"""TensorFlow's settings for this process; they have to be made before it is imported."""

from __future__ import annotations

import os

from onnlu.errors import DeviceUnavailableException


def quiet_and_exact() -> None:
    """Set the environment for TensorFlow; no effect once it is imported.

    oneDNN moves results by up to 4e-3 on some CPUs, far beyond the parity that an export has to
    show, and TensorFlow's start-up messages would go to the user's terminal.
    """
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def use_device(device: str) -> str:
    """Choose where TensorFlow computes, and make it deterministic there.

    Args:
        device: "auto", "cpu", "gpu" or "gpu:<number>".

    Returns:
        The device in use: "cpu" or "gpu:<number>".

    Raises:
        DeviceUnavailableException: a GPU was asked for and there is none.
    """
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    gpus = tf.config.list_physical_devices("GPU")
    if device == "cpu" or (device == "auto" and not gpus):
        tf.config.set_visible_devices([], "GPU")
        return "cpu"
    number = int(device.partition(":")[2] or 0)
    if number >= len(gpus):
        raise DeviceUnavailableException(
            f"Device '{device}' was asked for, but TensorFlow sees {len(gpus)} GPUs. Check "
            "`nvidia-smi` and that 'onnlu[train-gpu]' is installed, or use --device cpu."
        )
    tf.config.set_visible_devices([gpus[number]], "GPU")
    # Else TensorFlow takes the whole memory of the GPU, and nothing else runs beside it.
    tf.config.experimental.set_memory_growth(gpus[number], True)
    return f"gpu:{number}"
