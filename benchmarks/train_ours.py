"""Measure a training by onnlu, and export what it trained (see child.py).

Job: config, train, out, onnx, epochs.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from memory import peak_rss_mb

from onnlu_train.tensorflow_setup import prepare_process
from onnlu_train.training import TrainingCallback, TrainingRun

SEED = 1


class EpochClock(TrainingCallback):
    """Notes how long each epoch took."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._last = 0.0

    def begin(self, run: TrainingRun) -> None:
        """Start the clock."""
        self._last = time.perf_counter()

    def end_of_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Note the epoch."""
        now = time.perf_counter()
        self.seconds.append(now - self._last)
        self._last = now


def main() -> None:
    job = json.loads(sys.argv[1])
    prepare_process()  # before TensorFlow is imported

    from onnlu_export.exporting import to_onnx
    from onnlu_train.fit import Fit, FitOptions

    trained, clock, begin = Path(job["out"]), EpochClock(), time.perf_counter()
    options = FitOptions(
        config=Path(job["config"]),
        data=[Path(job["train"])],
        out=trained,
        overrides={"epochs": job["epochs"], "random_seed": SEED},
        device="cpu",
        overwrite=True,
    )
    Fit(options).run([clock])
    found = {
        "fit_s": time.perf_counter() - begin,
        "fit_peak_rss_mb": peak_rss_mb(),
        "epochs_s": clock.seconds,
    }
    to_onnx(trained, Path(job["onnx"]), overwrite=True)
    Path(job["result"]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
