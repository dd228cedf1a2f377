"""`make demo`: train the concierge, export it, serve it from an environment without TensorFlow."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from commands import CommandFailed, Environment, run
from rich.console import Console
from rich.markup import escape
from scores import Scores, read_lines, score, write_gold
from show import parses, summary

ROOT = Path(__file__).parents[2]
EXAMPLE = Path("examples/concierge")
DEMO = Path("build/demo")
TRAINED, EXPORTED = DEMO / "model", DEMO / "onnx"
GOLD, PARSED = DEMO / "held-out.jsonl", DEMO / "parsed.jsonl"

TRAINING = Environment(Path(".venv"))
SERVING = Environment(Path(".venv-serve"))

NEXT_STEPS = f"""\
Try next:
  {SERVING.name}/bin/onnlu parse {EXPORTED} "wake me at half past six tomorrow"
  {TRAINING.name}/bin/exporter inspect {EXPORTED}
  {TRAINING.name}/bin/trainer init my-assistant      a project of your own to start from
"""

console = Console(highlight=False)


def main() -> None:
    os.chdir(ROOT)
    started = time.monotonic()
    train()
    export()
    install()
    scores = parse_held_out()
    measured = measure()
    console.print(summary(scores, read_manifest(), measured, SERVING, TRAINING))
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    console.print(f"\nAll of it took {minutes} min {seconds} s.\n")
    console.print(NEXT_STEPS, soft_wrap=True)


def train() -> None:
    heading(1, "Train", f"TensorFlow learns from {EXAMPLE}/data; the model goes to {TRAINED}.")
    run(
        TRAINING.command("trainer"),
        *("fit", "--config", EXAMPLE / "config.yml", "--data", EXAMPLE / "data"),
        *("--out", TRAINED, "--overwrite"),
    )


def export() -> None:
    heading(2, "Export", f"To ONNX in {EXPORTED}, if it gives what TensorFlow gives; else nothing.")
    run(TRAINING.command("exporter"), "to-onnx", TRAINED, "--out", EXPORTED, "--overwrite")


def install() -> None:
    heading(
        3, "Install", f"The wheel with [cpu] alone goes into {SERVING.name}; no TensorFlow there."
    )
    SERVING.install_wheel(DEMO / "dist")
    console.print(f"Installed: {', '.join(SERVING.packages())}", soft_wrap=True)


def parse_held_out() -> Scores:
    heading(4, "Serve", f"Verify there, then parse {EXAMPLE}/test, which nobody trained on.")
    run(SERVING.command("onnlu"), "verify", EXPORTED)
    write_gold(EXAMPLE / "test", GOLD)
    run(SERVING.command("onnlu"), "parse", EXPORTED, "--input", GOLD, "--output", PARSED)
    gold, parsed = read_lines(GOLD), read_lines(PARSED)
    console.print(
        f"{len(gold)} texts are in {GOLD}, what came out is in {PARSED}. Some of it:\n",
        soft_wrap=True,
    )
    console.print(parses(gold, parsed))
    return score(gold, parsed)


def measure() -> dict[str, float]:
    heading(5, "Measure", f"One text at a time, on one thread, in {SERVING.name}.")
    began = time.perf_counter()
    run(SERVING.command("onnlu"), "parse", EXPORTED, "good morning", quiet=True)
    cold_start = time.perf_counter() - began
    script = Path(__file__).with_name("measure.py").relative_to(ROOT)
    measured = json.loads(run(SERVING.command("python"), script, EXPORTED, GOLD, quiet=True))
    return {**measured, "cold_start_seconds": cold_start}


def read_manifest() -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((EXPORTED / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def heading(number: int, title: str, sentence: str) -> None:
    console.print(f"\n[bold]{number}. {title}[/]  {escape(sentence)}", soft_wrap=True)


if __name__ == "__main__":
    try:
        main()
    except CommandFailed as error:
        raise SystemExit(f"The demo ends here: {error}") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
