"""A fresh process that serves: `python -m onnlu.benchmark.child`.

It reads one line of JSON from stdin, {"model", "device", "threads", "texts"}, loads the model,
parses the first text and says "answered", parses the others and says "ready", and ends with stdin.
"""

from __future__ import annotations

import json
import sys

ANSWERED = "answered"
READY = "ready"


def serve() -> None:
    """Do what the module's text says."""
    order = json.loads(sys.stdin.readline())

    import onnlu

    nlu = onnlu.load(order["model"], device=order["device"], threads=order["threads"])
    first, *others = order["texts"]
    nlu.parse(first)
    _say(ANSWERED)
    for text in others:
        nlu.parse(text)
    _say(READY)
    sys.stdin.read()


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()
