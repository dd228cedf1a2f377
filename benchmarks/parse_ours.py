"""Measure how onnlu parses; runs in an environment with `onnlu[cpu]` only (see child.py).

Job: model, texts (a JSON file), first_text, passes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import onnlu

WARM_UP_TEXTS = 50
BULK_RUNS = 3


def main() -> None:
    job = json.loads(sys.argv[1])
    nlu = onnlu.load(job["model"], device="cpu", threads=1)
    nlu.parse(job["first_text"])
    cold_start = time.monotonic() - job["started"]

    from memory import peak_rss_mb, rss_mb

    found: dict[str, object] = {"cold_start_s": cold_start, "cold_rss_mb": rss_mb()}
    texts = json.loads(Path(job["texts"]).read_text(encoding="utf-8"))
    found["latencies_s"] = latencies(nlu, texts, job["passes"])
    found |= {"rss_mb": rss_mb(), "peak_rss_mb": peak_rss_mb()}
    found["bulk_texts_per_s"] = bulk_throughput(nlu, texts)
    del nlu
    on_all = onnlu.load(job["model"], device="cpu", threads=len(os.sched_getaffinity(0)))
    found["text_ms"] = 1e3 / bulk_throughput(on_all, texts)
    Path(job["result"]).write_text(json.dumps(found), encoding="utf-8")


def latencies(nlu: onnlu.NLU, texts: list[str], passes: int) -> list[float]:
    """Return the seconds of each `parse`, one text after the other."""
    for text in texts[:WARM_UP_TEXTS]:
        nlu.parse(text)
    seconds = []
    for text in texts * passes:
        begin = time.perf_counter()
        nlu.parse(text)
        seconds.append(time.perf_counter() - begin)
    return seconds


def bulk_throughput(nlu: onnlu.NLU, texts: list[str]) -> float:
    """Return texts a second of `parse_batch`, at its best: the first run also fills caches."""
    seconds = []
    for _ in range(BULK_RUNS):
        begin = time.perf_counter()
        nlu.parse_batch(texts)
        seconds.append(time.perf_counter() - begin)
    return len(texts) / min(seconds)


if __name__ == "__main__":
    main()
