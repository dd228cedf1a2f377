"""What one text with a token of 2,000 characters costs the batch that it is in."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from child import measured
from figures import spread_us
from serving_clock import in_turns
from serving_texts import blob, texts_of
from systems import say

from onnlu.loading import load

BATCH = 16
TOKENS = 10
CHARACTERS = 2_000
CALLS = 5
PROCESSES = 5


def measure(model: Path, texts: Sequence[str], rounds: int, work: Path) -> dict[str, Any]:
    """Return time and memory of a batch with and without such a text, and their ratios.

    Args:
        model: the exported model.
        texts: where the batch comes from.
        rounds: turns of both batches; memory is measured in as many processes, at most 5.
        work: where the processes run.
    """
    batches = with_and_without(texts)
    nlu = load(model, device="cpu", threads=1)
    say(f"time of {BATCH} texts")
    seconds = in_turns(
        {name: lambda batch=batch: nlu.parse_batch(batch) for name, batch in batches.items()},
        rounds,
        CALLS,
    )
    times = {name: spread_us(values) for name, values in seconds.items()}
    say("memory, in processes of their own")
    memory: dict[str, list[float]] = {name: [] for name in batches}
    for _ in range(min(rounds, PROCESSES)):
        for name, batch in batches.items():
            memory[name].append(_memory_mb(model, batch, work))
    medians = {name: statistics.median(values) for name, values in memory.items()}
    return {
        "times": times,
        "time_ratio": round(times["with"]["p50_us"] / times["without"]["p50_us"], 3),
        "above_idle_mb": memory,
        "memory_ratio": round(medians["with"] / medians["without"], 3),
    }


def with_and_without(texts: Sequence[str]) -> dict[str, list[str]]:
    """Return a batch, and the same with a blob for the last token of the last text."""
    batch = texts_of(texts, TOKENS, BATCH)
    last = " ".join([*batch[-1].split()[:-1], blob(texts, CHARACTERS)])
    return {"without": batch, "with": [*batch[:-1], last]}


def _memory_mb(model: Path, batch: Sequence[str], work: Path) -> float:
    chosen = work / "batch.json"
    chosen.write_text(json.dumps(batch), encoding="utf-8")
    script = "serving_batch_memory.py"
    found = measured(Path(sys.executable), script, work, model=model.resolve(), texts=chosen)
    return float(found["above_idle_mb"])
