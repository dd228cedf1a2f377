"""Measure a training by onnlu (see child.py).

Job: config, train, out, epochs, seed; perhaps onnx (a folder to export to), and snapshots (a folder
for the weights after each epoch, written while the clock stands still).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from epoch_clock import EpochClock
from memory import peak_rss_mb

from onnlu_train.tensorflow_setup import prepare_process
from onnlu_train.training import TrainingCallback, TrainingRun


class Progress(TrainingCallback):
    """Tells a clock of the epochs, and keeps the weights of each.

    Args:
        clock: is told.
        snapshots: folder for the weights; None to keep none.
    """

    def __init__(self, clock: EpochClock, snapshots: Path | None) -> None:
        self._clock, self._snapshots = clock, snapshots

    def begin(self, run: TrainingRun) -> None:
        """Start the first epoch."""
        self._model = run.model
        self._clock.begin_epoch()

    def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Note the epoch."""
        self._clock.end_epoch()
        if self._snapshots is not None:
            with self._clock.stopped():
                self._model.save(self._snapshots / f"{epoch:04d}.safetensors")


def main() -> None:
    job = json.loads(sys.argv[1])
    prepare_process()  # before TensorFlow is imported

    from onnlu_export.exporting import to_onnx
    from onnlu_train.fit import Fit, FitOptions

    trained, clock = Path(job["out"]), EpochClock()
    options = FitOptions(
        config=Path(job["config"]),
        data=[Path(job["train"])],
        out=trained,
        overrides={"epochs": job["epochs"], "random_seed": job["seed"]},
        device="cpu",
        overwrite=True,
    )
    snapshots = Path(job["snapshots"]) if "snapshots" in job else None
    Fit(options).run([Progress(clock, snapshots)])
    found = {
        "fit_s": clock.elapsed_s,
        "fit_peak_rss_mb": peak_rss_mb(),
        "epochs_s": clock.epochs_s,
        "epoch_ends_s": clock.epoch_ends_s,
    }
    if "onnx" in job:
        to_onnx(trained, Path(job["onnx"]), overwrite=True)
    Path(job["result"]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
