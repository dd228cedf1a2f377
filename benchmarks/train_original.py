"""Measure a training by Rasa 3.6, as train_ours.py does; runs in Rasa's environment (see child.py).

Job: config, train, out (a folder; the archive will be out/model.tar.gz), epochs, seed; perhaps
snapshots, as there.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from epoch_clock import EpochClock
from memory import peak_rss_mb

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # else a second run trains nothing


def main() -> None:
    job = json.loads(sys.argv[1])

    from rasa.model_training import train_nlu
    from rasa.utils import train_utils

    clock, usual_callbacks = EpochClock(), train_utils.create_common_callbacks
    snapshots = Path(job["snapshots"]) if "snapshots" in job else None

    def callbacks(*arguments: Any, **options: Any) -> list[Any]:
        return [*usual_callbacks(*arguments, **options), progress(clock, snapshots)]

    train_utils.create_common_callbacks = callbacks
    out = Path(job["out"])
    config = written_config(Path(job["config"]), out, job["epochs"], job["seed"])
    train_nlu(str(config), job["train"], str(out), fixed_model_name="model")
    found = {
        "fit_s": clock.elapsed_s,
        "fit_peak_rss_mb": peak_rss_mb(),
        "epochs_s": clock.epochs_s,
        "epoch_ends_s": clock.epoch_ends_s,
    }
    Path(job["result"]).write_text(json.dumps(found), encoding="utf-8")


def written_config(config: Path, out: Path, epochs: int, seed: int) -> Path:
    """Write the config with another number of epochs, and what Rasa wants in any config."""
    import yaml

    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    values = {"assistant_id": "benchmark", "policies": [], **values}
    for component in values["pipeline"]:
        if component["name"] == "DIETClassifier":
            component.update(epochs=epochs, random_seed=seed)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "config.yml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def progress(clock: EpochClock, snapshots: Path | None) -> Any:
    """Return a Keras callback that tells a clock of the epochs, and keeps the weights of each."""
    from tensorflow.keras.callbacks import Callback

    class Progress(Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            clock.begin_epoch()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            clock.end_epoch()
            if snapshots is not None:
                with clock.stopped():
                    path = snapshots / f"{epoch + 1:04d}" / "weights"
                    self.model.save_weights(str(path), save_format="tf")

    return Progress()


if __name__ == "__main__":
    main()
