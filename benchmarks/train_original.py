"""Measure a training by Rasa 3.6, as train_ours.py does; runs in Rasa's environment (see child.py).

Job: config, train, out (a folder; the archive will be out/model.tar.gz), epochs.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from memory import peak_rss_mb

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # else a second run trains nothing

SEED = 1


def main() -> None:
    job = json.loads(sys.argv[1])

    from rasa.model_training import train_nlu
    from rasa.utils import train_utils

    seconds: list[float] = []
    usual_callbacks = train_utils.create_common_callbacks

    def callbacks(*arguments: Any, **options: Any) -> list[Any]:
        return [*usual_callbacks(*arguments, **options), epoch_clock(seconds)]

    train_utils.create_common_callbacks = callbacks
    out, begin = Path(job["out"]), time.perf_counter()
    config = written_config(Path(job["config"]), out, job["epochs"])
    train_nlu(str(config), job["train"], str(out), fixed_model_name="model")
    found = {
        "fit_s": time.perf_counter() - begin,
        "fit_peak_rss_mb": peak_rss_mb(),
        "epochs_s": seconds,
    }
    Path(job["result"]).write_text(json.dumps(found), encoding="utf-8")


def written_config(config: Path, out: Path, epochs: int) -> Path:
    """Write the config with another number of epochs, and what Rasa wants in any config."""
    import yaml

    values = yaml.safe_load(config.read_text(encoding="utf-8"))
    values = {"assistant_id": "benchmark", "policies": [], **values}
    for component in values["pipeline"]:
        if component["name"] == "DIETClassifier":
            component.update(epochs=epochs, random_seed=SEED)
    out.mkdir(parents=True, exist_ok=True)
    path = out / "config.yml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def epoch_clock(seconds: list[float]) -> Any:
    """Return a Keras callback that appends the seconds of each epoch."""
    from tensorflow.keras.callbacks import Callback

    class EpochClock(Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            self._last = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            now = time.perf_counter()
            seconds.append(now - self._last)
            self._last = now

    return EpochClock()


if __name__ == "__main__":
    main()
