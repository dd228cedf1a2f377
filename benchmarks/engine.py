"""Measure what the graph engine itself costs, without any model.

Every command prints what it found as JSON, and keeps it in
benchmarks/results/engine-<command>-<date>-<commit>.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import engine_graphs
import engine_runners
from machine import commit, machine
from systems import say

CHECKOUT = Path(__file__).resolve().parents[1]
WORK = CHECKOUT / "build" / "bench"
RESULTS = CHECKOUT / "benchmarks" / "results"

# What a command measures: the number of rounds to what was found, as plain JSON.
COMMANDS: dict[str, Callable[[int], dict[str, Any]]] = {
    "graphs": engine_graphs.measure,
    "runners": engine_runners.measure,
}
ROUNDS = {"graphs": 9, "runners": 1_001}


def main() -> None:
    arguments = _arguments()
    (short, dirty), found_machine = commit(CHECKOUT), machine()
    rounds = 1 if arguments.quick else ROUNDS[arguments.command]
    results = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": short,
        "dirty": dirty,
        "machine": found_machine,
        "method": {"rounds": rounds, "quick": arguments.quick},
        arguments.command: COMMANDS[arguments.command](rounds),
    }
    write(arguments.command, results, arguments.out or (WORK if arguments.quick else RESULTS))


def write(command: str, results: dict[str, Any], folder: Path) -> None:
    """Print what was found, and keep it."""
    document = json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"engine-{command}-{results['date']}-{results['commit']}.json"
    path.write_text(document + "\n", encoding="utf-8")
    print(document)
    say(f"written to {path}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=COMMANDS, help="what to measure")
    parser.add_argument("--out", type=Path, help="folder for the results (default: results)")
    parser.add_argument(
        "--quick", action="store_true", help="one round: does it run? Its figures mean little"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
