"""TensorFlow in a command."""

from __future__ import annotations

import click

from onnlu_train.tensorflow_setup import import_tensorflow


def start_tensorflow() -> None:
    """Import TensorFlow; what it prints meanwhile is shown with the option `--debug` only.

    Raises:
        ImportError: TensorFlow cannot be imported.
    """
    import_tensorflow(quiet=not click.get_current_context().find_root().params["debug"])
