"""Parse random messages for a long time, and see whether the memory grows.

What was found is printed as JSON, and kept in benchmarks/results/soak-<date>-<commit>.json.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from machine import commit, machine
from memory import rss_mb
from soak_messages import batches

import onnlu

CHECKOUT = Path(__file__).resolve().parents[1]
RESULTS = CHECKOUT / "benchmarks" / "results"
SEED = 20_241
WARM_UP = 20_000  # messages, after which the memory is to stay what it is
ALLOWED_MB = 2.0
SAMPLES = 40


def main() -> int:
    """Run the soak; 1 where the memory grew by more than is allowed."""
    arguments = _arguments()
    (short, dirty), found_machine = commit(CHECKOUT), machine()
    found = soak(onnlu.load(arguments.model, device="cpu", threads=1), arguments.messages)
    results = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": short,
        "dirty": dirty,
        "machine": found_machine,
        "soak": found,
    }
    document = json.dumps(results, indent=1, sort_keys=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / f"soak-{results['date']}-{short}.json"
    path.write_text(document + "\n", encoding="utf-8")
    print(document)
    return int(found["growth_mb"] > ALLOWED_MB)


def soak(nlu: onnlu.NLU, messages: int, seed: int = SEED) -> dict[str, Any]:
    """Parse random messages.

    Args:
        nlu: the model.
        messages: how many.
        seed: of the messages.

    Returns:
        `rss_mb` (pairs of messages so far and resident memory), `growth_mb` (between the end of
        the warm-up, or the first tenth of a short run, and the end), `intents` (how often each was
        found) and more.
    """
    warm_up = min(WARM_UP, messages // 10)
    every = max(1, messages // SAMPLES)
    samples: list[tuple[int, float]] = []
    intents: dict[str, int] = {}
    refused = done = 0
    base = None
    begin = time.perf_counter()
    for batch in batches(seed, known_words(nlu)):
        try:
            results = nlu.parse_batch(batch, on_too_long="truncate")
        except onnlu.OnnluException:
            results, refused = [], refused + len(batch)
        for result in results:
            name = str(result.intent.name)
            intents[name] = intents.get(name, 0) + 1
        done += len(batch)
        if base is None and done >= warm_up:
            base = rss_mb()
        if done // every > len(samples):
            samples.append((done, round(rss_mb(), 2)))
        if done >= messages:
            break
    end = rss_mb()
    return {
        "model_id": nlu.model.model_id,
        "seed": seed,
        "messages": done,
        "refused": refused,
        "warm_up": warm_up,
        "intents": intents,
        "rss_mb": samples,
        "rss_after_warm_up_mb": round(base or end, 2),
        "rss_at_the_end_mb": round(end, 2),
        "growth_mb": round(end - (base or end), 2),
        "seconds": round(time.perf_counter() - begin, 1),
    }


def known_words(nlu: onnlu.NLU) -> list[str]:
    """Return words that the model may know: those of its golden texts."""
    cases = json.loads((nlu.model.path / "golden" / "cases.json").read_text(encoding="utf-8"))
    return sorted({word for case in cases["cases"] for word in case["text"].split()})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="an exported model")
    parser.add_argument("--messages", type=int, default=200_000, help="how many to parse")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the result")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
