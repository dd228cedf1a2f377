"""Measure how Rasa 3.6 parses, as parse_ours.py does; runs in Rasa's environment (see child.py).

Job: model, texts (a JSON file), first_text, passes. TensorFlow keeps its own choice of threads.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["RASA_TELEMETRY_ENABLED"] = "false"

WARM_UP_TEXTS = 50


def main() -> None:
    job = json.loads(sys.argv[1])

    from rasa.core.agent import Agent
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.ERROR)  # else it prints a line for each message
    agent = Agent.load(job["model"])
    asyncio.run(agent.parse_message(job["first_text"]))
    cold_start = time.monotonic() - job["started"]

    from memory import peak_rss_mb, rss_mb

    found = {"cold_start_s": cold_start, "cold_rss_mb": rss_mb()}
    texts = json.loads(Path(job["texts"]).read_text(encoding="utf-8"))
    found["latencies_s"] = asyncio.run(latencies(agent, texts, job["passes"]))
    found.update(rss_mb=rss_mb(), peak_rss_mb=peak_rss_mb())
    found["text_ms"] = 1e3 * sum(found["latencies_s"]) / len(found["latencies_s"])
    Path(job["result"]).write_text(json.dumps(found), encoding="utf-8")


async def latencies(agent: Any, texts: list[str], passes: int) -> list[float]:
    """Return the seconds of each `parse_message`, one text after the other."""
    for text in texts[:WARM_UP_TEXTS]:
        await agent.parse_message(text)
    seconds = []
    for text in texts * passes:
        begin = time.perf_counter()
        await agent.parse_message(text)
        seconds.append(time.perf_counter() - begin)
    return seconds


if __name__ == "__main__":
    main()
