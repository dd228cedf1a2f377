"""ONNX Runtime sessions: the device that was asked for, or an error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onnlu.bags import Blocks
from onnlu.devices.binding import run_bound
from onnlu.devices.buckets import Rounding, Tensors, bucketed, cut, unrounded
from onnlu.devices.cuda import CPU, cuda_problem, cuda_session
from onnlu.devices.device import choose_device, parsed_device
from onnlu.devices.wheels import import_onnxruntime
from onnlu.errors import ForkedException
from onnlu.forks import lose_on_fork
from onnlu_engine.errors import CorruptModelException

__all__ = ["MODEL_FILE", "OnnxSession", "Tensors", "created_session"]

MODEL_FILE = "model.onnx"
"""What a component's graph is called in its resource."""


class OnnxSession:
    """One ONNX model on one device; any number of threads may run it at once.

    On a GPU, inputs are bound, and the CRF is decoded on the CPU where ONNX Runtime can be told so:
    its loops are driven by the CPU anyway.

    Attributes:
        device: where it runs, "cpu" or "cuda:<number>".
        input_names: what it reads.
        output_names: what it computes.
        lost: whether this process was forked from the one that loaded it, and it cannot be used.

    Args:
        path: the .onnx file.
        device: "cpu", "cuda", "cuda:<number>" or "auto".
        exact: no TF32 on a GPU; for verification.
        profile: note which node runs where and for how long, in a file whose name begins so.

    Raises:
        DeviceUnavailableException: the device cannot be had.
        MissingPackageException: ONNX Runtime is not installed, or twice.
        CorruptModelException: the file is no model that ONNX Runtime can run.
        InvalidConfigException: no such device.
    """

    def __init__(
        self,
        path: Path,
        *,
        device: str = "cpu",
        exact: bool = False,
        profile: Path | None = None,
    ) -> None:
        runtime = import_onnxruntime()
        self.device, _ = choose_device(device)
        kind, number = parsed_device(self.device)
        options = _options(runtime)
        if profile is not None:
            options.enable_profiling = True
            options.profile_file_prefix = str(profile)
        if kind == "cuda":
            if problem := cuda_problem(runtime, number):
                raise problem.error(device)
            session = cuda_session(runtime, path, options, number, exact=exact)
        else:
            session = _cpu_session(runtime, path, options)
        self.input_names = [value.name for value in session.get_inputs()]
        self.output_names = [value.name for value in session.get_outputs()]
        self.lost = False
        self._session = session
        self._output_dims = {value.name: value.shape for value in session.get_outputs()}
        self._is_bound = kind == "cuda"
        if self._is_bound:
            lose_on_fork(self)

    @property
    def rounded(self) -> Rounding:
        """Sizes that inputs have to have: as they are, or on a GPU in shape buckets."""
        return bucketed if self._is_bound else unrounded

    def run(self, inputs: Tensors) -> Tensors:
        """Return the outputs by name for inputs by name.

        Raises:
            ForkedException: the model was loaded before a fork that it does not survive.
            CorruptModelException: the graph does not take these inputs, or fails on them.
        """
        if self.lost:
            raise _forked()
        try:
            if self._is_bound:
                values = run_bound(self._session, self.output_names, inputs)
            else:
                values = self._session.run(self.output_names, inputs)
        except Exception as error:  # as in `_cpu_session`
            raise CorruptModelException(
                f"ONNX Runtime cannot run the graph on what the featurizers made: {error}. "
                "Export the model again."
            ) from error
        return dict(zip(self.output_names, values, strict=True))

    def cut(self, outputs: Tensors, batch: int, time: int) -> Tensors:
        """Return outputs without what rounding and blocks of steps gave beyond batch and time."""
        if not self._is_bound and Blocks.of(time).time == time:
            return outputs
        # Diagnostics have a slot for the sentence, behind those of the tokens.
        return cut(outputs, self._output_dims, {"batch": batch, "time": time, "slots": time + 1})

    def end_profiling(self) -> Path:
        """Stop noting what runs, and return the file of events, JSON."""
        return Path(self._session.end_profiling())


def created_session(path: Path, settings: Mapping[str, Any]) -> OnnxSession:
    """Return a session as a component's settings ask for it; for errors see `OnnxSession`."""
    return OnnxSession(
        path,
        device=settings.get("device", "cpu"),
        exact=settings.get("exact", False),
    )


def _options(runtime: Any) -> Any:
    options = runtime.SessionOptions()
    # The graph of few texts is too small to be divided; threads parse other texts instead.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return options


def _cpu_session(runtime: Any, path: Path, options: Any) -> Any:
    # Hardly two texts have inputs of one shape, and a plan would be kept for each there ever was.
    options.enable_mem_pattern = False
    try:
        return runtime.InferenceSession(str(path), options, providers=[CPU], enable_fallback=0)
    except Exception as error:  # ONNX Runtime's exceptions have no public base
        raise CorruptModelException(
            f"{path.name}: ONNX Runtime {runtime.__version__} cannot run this model: {error}"
        ) from error


def _forked() -> ForkedException:
    return ForkedException(
        "The model was loaded on a GPU before this process was forked, which a fork leaves behind. "
        "Load it in the child (gunicorn: without --preload, or in post_fork; multiprocessing: "
        "method 'spawn' or 'forkserver'), or on the CPU."
    )
