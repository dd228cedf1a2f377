"""How long a `parse` takes, by the number of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from figures import quantile
from serving_clock import GraphClock, ParseTime, timed_parse
from serving_texts import put_together
from systems import say

from onnlu.nlu import NLU

LENGTHS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
TEXTS = 20


def measure(nlu: NLU, texts: Sequence[str], rounds: int) -> list[dict[str, Any]]:
    """Return latencies by length, and how they divide into the graph and what is around it.

    Args:
        nlu: the model.
        texts: where the words come from.
        rounds: times that each of `TEXTS` texts of each length is parsed.
    """
    samples = {tokens: put_together(texts, tokens, TEXTS) for tokens in LENGTHS}
    times: dict[int, list[ParseTime]] = {tokens: [] for tokens in LENGTHS}
    clock = GraphClock()
    with clock.running():
        for sample in samples.values():
            nlu.parse(sample[0])
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            for tokens, sample in samples.items():
                times[tokens] += [timed_parse(nlu, text, clock) for text in sample]
    return [{"tokens": tokens, **_figures(found)} for tokens, found in times.items()]


def _figures(times: Sequence[ParseTime]) -> dict[str, float]:
    parts = {
        "parse": [time.whole for time in times],
        "graph": [time.graph for time in times],
        "around": [time.around for time in times],
    }
    return {
        f"{part}_{name}_ms": round(1e3 * quantile(seconds, share), 4)
        for part, seconds in parts.items()
        for name, share in (("p50", 0.5), ("p95", 0.95))
    }
