"""The whole benchmark of a model."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from onnlu.benchmark.document import Benchmark, texts_digest
from onnlu.benchmark.estimates import Estimate
from onnlu.benchmark.latency import latency, warm_up
from onnlu.benchmark.plan import BATCHES, CALLERS, FULL, PROCESSES, QUICK
from onnlu.benchmark.processes import cold_start, memory
from onnlu.benchmark.throughput import by_batch_size, by_callers, by_threads
from onnlu.loading import load
from onnlu.machine.cpu import cpu, usable_cores
from onnlu.machine.versions import versions
from onnlu.nlu import NLU

Say = Callable[[str], None]


def measure(
    path: Path,
    texts: Sequence[str],
    *,
    source: str,
    device: str = "auto",
    threads: int = 1,
    quick: bool = False,
    say: Say = lambda line: None,
) -> Benchmark:
    """Measure a model on some texts.

    Args:
        path: the exported model.
        texts: at least one.
        source: where they come from.
        device: "cpu", "cuda", "cuda:<number>" or "auto".
        threads: threads that parse parts of a batch side by side, but where these are compared.
        quick: measure less, to a wider interval.
        say: is told what is being measured.

    Raises:
        ModelException: the model cannot be used.
        DeviceUnavailableException: the device cannot be had.
        TextTooLongException: a text exceeds the limits.
    """
    plan = QUICK if quick else FULL
    load_before = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    nlu = load(path, device=device, threads=threads)
    # What "auto" came to be; whatever is loaded from now on runs there too.
    place = nlu.info()["settings"]["device"]
    order = {"model": str(path), "device": place, "threads": threads, "texts": list(texts)}
    cores = usable_cores()
    say("warming up")
    warm_up(nlu, texts)
    figures: dict[str, Estimate] = {}
    say(f"latency of {plan.calls} calls")
    figures |= latency(nlu, texts, plan.calls)
    say(f"throughput with {_listed(CALLERS)} callers")
    figures |= by_callers(nlu, texts, plan, CALLERS)
    say(f"throughput in batches of {_listed(BATCHES)}")
    figures |= by_batch_size(nlu, texts, plan, BATCHES)
    counts = thread_counts(cores)
    say(f"throughput with {_listed(counts)} threads")
    figures |= by_threads(lambda n: load(path, device=place, threads=n), texts, plan, counts)
    say(f"cold start of {plan.rounds} processes")
    figures |= cold_start(order, plan.rounds)
    say(f"memory of {_listed(PROCESSES)} processes")
    figures |= memory(order, plan.process_rounds, PROCESSES)
    return Benchmark(
        model=_described(nlu),
        texts={"source": source, "count": len(texts), "digest": texts_digest(texts)},
        settings={**nlu.info()["settings"], "quick": quick},
        machine={
            "cpu": cpu().name,
            "features": cpu().features,
            "cores": cores,
            "system": platform.platform(),
            "load_before": load_before,
        },
        versions=versions(),
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        figures=figures,
    )


def thread_counts(cores: int) -> list[int]:
    """Return 1, 2, 4, ... and the number of cores.

    >>> thread_counts(6)
    [1, 2, 4, 6]
    """
    return sorted({*(1 << power for power in range(cores.bit_length())), cores})


def _described(nlu: NLU) -> dict[str, str | int]:
    info = nlu.info()
    return {"path": info["path"], "model_id": info["model_id"], "bytes": info["size"]}


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
