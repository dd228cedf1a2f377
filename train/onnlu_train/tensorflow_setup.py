"""TensorFlow's settings for this process; they have to be made before it is imported."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from onnlu.errors import DeviceUnavailableException
from onnlu_engine.errors import InvalidConfigException

_DEVICE = re.compile(r"(auto|cpu|gpu)(?::([0-9]{1,4}))?")


def prepare_process() -> None:
    """Make this process ready for TensorFlow; without effect once it is imported.

    oneDNN moves results by up to 4e-3 on some CPUs, far beyond the parity that an export has to
    show, and TensorFlow's start-up messages would go to the user's terminal. Freed tensors are kept
    for the next ones: given back to the system, as by default, they cost a third of a training's
    CPU time in fresh pages.
    """
    os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def import_tensorflow(*, quiet: bool = True) -> None:
    """Import TensorFlow and Keras as a command wants it: exact, and with the terminal left clean.

    Some of its start-up messages ignore the log level, for they come before logging is set up.

    Args:
        quiet: hold back what the import and the search for GPUs print, unless they fail.

    Raises:
        ImportError: TensorFlow cannot be imported.
    """
    prepare_process()
    if not quiet:
        import keras

        return
    with _stderr_held_back():
        import keras  # noqa: F401
        import tensorflow as tf

        tf.config.list_physical_devices("GPU")


def check_device(device: str) -> None:
    """Check that there is such a name of a device; TensorFlow is not asked.

    Raises:
        InvalidConfigException: there is none.
    """
    _parsed(device)


def use_device(device: str) -> str:
    """Choose where TensorFlow computes, and make it deterministic there.

    Args:
        device: "auto", "cpu", "gpu" or "gpu:<number>".

    Returns:
        The device in use: "cpu" or "gpu:<number>".

    Raises:
        DeviceUnavailableException: a GPU was asked for and there is none.
        InvalidConfigException: no such device.
    """
    import tensorflow as tf

    match = _parsed(device)
    tf.config.experimental.enable_op_determinism()
    gpus = tf.config.list_physical_devices("GPU")
    try:
        return _chosen(device, match, gpus)
    except RuntimeError as error:  # TensorFlow's, once it has computed something
        raise DeviceUnavailableException(
            f"Device '{device}' cannot be chosen any more: TensorFlow computes on another one in "
            "this process. Choose the device first, or start a new process."
        ) from error


def automatic_device() -> str:
    """Return the device that "auto" stands for on this machine; nothing is chosen by that."""
    import tensorflow as tf

    return "gpu:0" if tf.config.list_physical_devices("GPU") else "cpu"


def _parsed(device: str) -> re.Match[str]:
    match = _DEVICE.fullmatch(device)
    if match is None or (match[2] and match[1] != "gpu"):
        raise InvalidConfigException(
            f"There is no device '{device}': use 'cpu', 'gpu', 'gpu:<number>' or 'auto'."
        )
    return match


def _chosen(device: str, match: re.Match[str], gpus: list[Any]) -> str:
    import tensorflow as tf

    if match[1] == "cpu" or (match[1] == "auto" and not gpus):
        tf.config.set_visible_devices([], "GPU")
        return "cpu"
    number = int(match[2] or 0)
    if number >= len(gpus):
        raise DeviceUnavailableException(
            f"Device '{device}' was asked for, but TensorFlow sees {len(gpus)} GPUs. Check "
            "`nvidia-smi` and that 'onnlu[train-gpu]' is installed, or use --device cpu."
        )
    tf.config.set_visible_devices([gpus[number]], "GPU")
    # Else TensorFlow takes the whole memory of the GPU, and nothing else runs beside it.
    tf.config.experimental.set_memory_growth(gpus[number], True)
    return f"gpu:{number}"


@contextmanager
def _stderr_held_back() -> Iterator[None]:
    """Hold back what this process writes to stderr, C++ included; show it after an error."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        except BaseException:
            held_back.seek(0)
            os.write(stderr, held_back.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
