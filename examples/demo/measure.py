"""Latency and memory of a model: `python measure.py MODEL TEXTS.jsonl`, where it serves."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from pathlib import Path

import onnlu

ROUNDS = 10
WARM_UP = 20


def main(model: str, texts_path: str) -> None:
    with Path(texts_path).open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    nlu = onnlu.load(model, device="cpu", threads=1)
    for text in texts[:WARM_UP]:
        nlu.parse(text)
    milliseconds = []
    for text in texts * ROUNDS:
        began = time.perf_counter()
        nlu.parse(text)
        milliseconds.append(1000 * (time.perf_counter() - began))
    measured = {
        "latency_p50_ms": statistics.median(milliseconds),
        "latency_p95_ms": statistics.quantiles(milliseconds, n=20)[-1],
        "memory_bytes": peak_memory(),
    }
    json.dump(measured, sys.stdout)


def peak_memory() -> int:
    """Return the most memory that this process has had, in bytes (resident set size)."""
    # Linux's ru_maxrss counts what the parent had when it started us; VmHWM does not.
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main(*sys.argv[1:])
