"""Measure the memory that `parse_batch` takes beyond the model (see child.py).

Job: model, texts (a JSON file).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from memory import peak_rss_mb, reset_peak_rss, rss_mb

import onnlu

RUNS = 3


def main() -> None:
    job = json.loads(sys.argv[1])
    nlu = onnlu.load(job["model"], device="cpu", threads=1)
    texts = json.loads(Path(job["texts"]).read_text(encoding="utf-8"))
    reset_peak_rss()  # to load a model may have taken more
    idle = rss_mb()
    for _ in range(RUNS):
        nlu.parse_batch(texts)
    found = {"idle_mb": idle, "above_idle_mb": peak_rss_mb() - idle}
    Path(job["result"]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
