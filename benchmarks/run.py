"""Measure what README.md claims: latency, cold start, memory, size, seconds an epoch.

Where the environment variable RASA_PYTHON names an interpreter that has Rasa 3.6, Rasa is measured
in the same run, in turns with onnlu; a ratio appears only where one run has both figures. The
SNIPS data set is looked for in the folder that ONNLU_SHARED names (by default `shared` beside the
checkout); without it the example `concierge` takes its place.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from child import ChildFailed, measured
from data_sets import DataSet, concierge, snips
from figures import ratios
from machine import commit, machine
from report import EXPECTATIONS, markdown, met
from systems import PASSES, System, in_turns, installed_original, original, ours, say, summary

CHECKOUT = Path(__file__).resolve().parents[1]
WORK = CHECKOUT / "build" / "bench"
RESULTS = CHECKOUT / "benchmarks" / "results"
ROUNDS = 5
QUICK_TEXTS = 100


def main() -> None:
    arguments = _arguments()
    WORK.mkdir(parents=True, exist_ok=True)
    try:
        results = measure(arguments)
    except ChildFailed as error:
        raise SystemExit(str(error)) from None
    write(results, arguments.out or (WORK if arguments.quick else RESULTS))


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Train, serve and profile; return all that was found, as plain JSON."""
    (short, dirty), found_machine = commit(CHECKOUT), machine()
    rasa = installed_original()  # before minutes go by
    data = _data(arguments.quick)
    texts = data.test_texts()[: QUICK_TEXTS if arguments.quick else None]
    texts_file = WORK / "texts.json"
    texts_file.write_text(json.dumps(texts), encoding="utf-8")
    our_system = ours(CHECKOUT, WORK, data, arguments.epochs, arguments.model)
    systems = {"onnlu": our_system}
    if rasa is not None:
        systems["original"] = original(rasa, WORK, data, arguments.epochs, arguments.rasa_model)
    rounds = 1 if arguments.quick else ROUNDS
    found = in_turns(systems, texts_file, rounds, WORK)
    summaries = {name: summary(system, found[name]) for name, system in systems.items()}
    results: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": short,
        "dirty": dirty,
        "machine": found_machine,
        "data": {"name": data.name, "texts": len(texts)},
        "method": {"rounds": rounds, "passes": PASSES, "quick": arguments.quick},
        "original": None,
        "ratios": {},
        "profile": None,
        **summaries,
    }
    if results["original"]:
        results["ratios"] = ratios(results["onnlu"]["figures"], results["original"]["figures"])
    if arguments.profile or any(met(expected, results) is False for expected in EXPECTATIONS):
        results["profile"] = profile(our_system, texts_file)
    return results


def profile(system: System, texts: Path) -> dict[str, Any]:
    """Return where the time of one `parse` goes."""
    say("profiling one parse")
    return measured(system.python, "profile_parse.py", WORK, model=system.model, texts=texts)


def write(results: dict[str, Any], folder: Path) -> None:
    """Print the report, and write it beside the results it was made from."""
    report = markdown(results)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results['date']}-{results['commit']}"
    document = json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False)
    path.with_suffix(".json").write_text(document + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(report, encoding="utf-8")
    print(report)
    say(f"written to {path}.json and {path}.md")


def _data(quick: bool) -> DataSet:
    data = None if quick else snips(CHECKOUT)
    if data is None:
        data = concierge(CHECKOUT)
        if not quick:
            say("SNIPS is not here (set ONNLU_SHARED): measuring with examples/concierge instead")
    return data


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=2, help="epochs to train (default: 2)")
    parser.add_argument("--model", type=Path, help="an exported model, instead of training one")
    parser.add_argument("--rasa-model", type=Path, help="Rasa's archive, instead of training one")
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    parser.add_argument("--out", type=Path, help="folder for the results (default: results)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="small data and one round: does it run? Its figures mean little",
    )
    arguments = parser.parse_args()
    if arguments.epochs < 1:
        parser.error("--epochs must be at least 1")
    for model in (arguments.model, arguments.rasa_model):
        if model is not None and not model.exists():
            parser.error(f"there is no {model}")
    return arguments


if __name__ == "__main__":
    main()
