"""Runs with bound inputs and outputs, for a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from onnlu.devices.buckets import Tensors


def run_bound(session: Any, output_names: Sequence[str], inputs: Tensors) -> list[npt.NDArray[Any]]:
    """Return what `session.run` returns, on the CPU; any number of threads may call it at once.

    Args:
        session: of ONNX Runtime, on any device.
        output_names: what to return.
        inputs: by name.
    """
    binding = session.io_binding()
    for name, array in inputs.items():
        # It goes to where the model reads it, here and never again.
        binding.bind_cpu_input(name, array)
    for name in output_names:
        # The last node may run on either device: its result is copied only where it must be.
        binding.bind_output(name, "cpu")
    session.run_with_iobinding(binding)
    found: list[npt.NDArray[Any]] = binding.copy_outputs_to_cpu()
    return found
