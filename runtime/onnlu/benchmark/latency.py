"""How long one call takes."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from onnlu.benchmark.estimates import Estimate, quantile

if TYPE_CHECKING:
    from onnlu.nlu import NLU

WARM_UP_CALLS = 50

_SHARES = {"parse_p50_ms": 0.50, "parse_p95_ms": 0.95, "parse_p99_ms": 0.99}


def warm_up(nlu: NLU, texts: Sequence[str]) -> None:
    """Parse every text once, and some often: first calls allocate what later ones reuse."""
    for text in texts:
        nlu.parse(text)
    for text in itertools.islice(itertools.cycle(texts), WARM_UP_CALLS):
        nlu.parse(text)


def latency(nlu: NLU, texts: Sequence[str], calls: int) -> dict[str, Estimate]:
    """Return quantiles of the milliseconds that `parse` takes, one caller, texts in turn."""
    taken = []
    for text in itertools.islice(itertools.cycle(texts), calls):
        start = time.perf_counter()
        nlu.parse(text)
        taken.append(1e3 * (time.perf_counter() - start))
    return {name: quantile(taken, share) for name, share in _SHARES.items()}
