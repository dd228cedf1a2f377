"""Runs for a GPU: in shape buckets, with bound inputs and outputs."""

from __future__ import annotations

from typing import Any

from onnlu.devices.buckets import Tensors, bucket_sizes, cut, open_sizes, padded


class BucketedSession:
    """Runs a session of ONNX Runtime in few shapes; any number of threads may do so at once.

    Args:
        session: on any device; its results are those of `session.run`.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        self._input_dims = {value.name: value.shape for value in session.get_inputs()}
        self._output_dims = {value.name: value.shape for value in session.get_outputs()}

    def run(self, inputs: Tensors) -> Tensors:
        """Return the outputs by name, on the CPU, for inputs by name."""
        before = open_sizes(inputs, self._input_dims)
        after = bucket_sizes(before)
        outputs = self._run_bound(padded(inputs, self._input_dims, after))
        return cut(outputs, self._output_dims, before, after)

    def _run_bound(self, inputs: Tensors) -> Tensors:
        binding = self._session.io_binding()
        for name, array in inputs.items():
            # It goes to where the model reads it, here and never again.
            binding.bind_cpu_input(name, array)
        for name in self._output_dims:
            # The last node may run on either device: its result is copied only where it must be.
            binding.bind_output(name, "cpu")
        self._session.run_with_iobinding(binding)
        return dict(zip(self._output_dims, binding.copy_outputs_to_cpu(), strict=True))
