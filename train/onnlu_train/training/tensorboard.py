"""Event files for TensorBoard, written by TensorFlow alone: the package tensorboard reads them."""

from __future__ import annotations

from typing import Any

from onnlu_train.training.callbacks import (
    Metrics,
    TrainingCallback,
    TrainingRun,
    TrainingSummary,
)
from onnlu_train.training.monitor import VALIDATION


class TensorBoard(TrainingCallback):
    """Writes `train/<metric>` and `validation/<metric>`, below a folder for each model.

    The horizontal axis counts epochs, or batches where the level is "batch". It does nothing for
    models whose options name no directory.

    Args:
        run: folder below that directory, where several trainings share it; none by default.
    """

    def __init__(self, run: str = "") -> None:
        self._run = run
        self._writer: Any = None
        self._by_step = False
        self._steps = 0

    @property
    def wants_steps(self) -> bool:  # type: ignore[override]  # it depends on the model
        """Whether each batch is written."""
        return self._writer is not None and self._by_step

    def begin(self, run: TrainingRun) -> None:
        """Open a file."""
        self._writer = None
        self._by_step = run.options.tensorboard_level == "batch"
        if run.options.tensorboard is not None:
            import tensorflow as tf  # who trains has it; who restores a training need not

            folder = run.options.tensorboard / self._run / run.node
            self._writer = tf.summary.create_file_writer(str(folder))

    def end_of_step(self, step: int, metrics: Metrics) -> None:
        """Write the means of the epoch so far."""
        self._steps = step
        self._write(step, metrics)

    def end_of_epoch(self, epoch: int, metrics: Metrics) -> None:
        """Write the metrics of an epoch."""
        self._write(self._steps if self._by_step else epoch, metrics)
        if self._writer is not None:
            self._writer.flush()

    def end(self, summary: TrainingSummary) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()

    def _write(self, step: int, metrics: Metrics) -> None:
        if self._writer is None:
            return
        import tensorflow as tf

        values = [
            tf.compat.v1.Summary.Value(tag=_tag(name), simple_value=value)
            for name, value in metrics.items()
        ]
        # `tf.summary.scalar` would need the package tensorboard.
        with self._writer.as_default():
            summary = tf.compat.v1.Summary(value=values)
            tf.summary.experimental.write_raw_pb(summary.SerializeToString(), step=step)


def _tag(metric: str) -> str:
    if metric.startswith(VALIDATION):
        return f"validation/{metric.removeprefix(VALIDATION)}"
    return f"train/{metric}"
