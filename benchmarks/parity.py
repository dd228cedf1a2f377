"""Compare TensorFlow and the runtime on many messages, with a model of each data set.

The messages are the test sets of all of them, and texts of these with one word changed. All data
sets but the concierge, which is an example of this project, are looked for in the folder that
ONNLU_SHARED names, by default `shared` beside the checkout.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from data_sets import DataSet, banking77, concierge, hwu64, snips
from machine import commit, machine
from messages import messages

CHECKOUT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
DATA_SETS = {"snips": snips, "hwu64": hwu64, "banking77": banking77, "concierge": concierge}


def main() -> None:
    """Measure, print, and keep the result."""
    arguments = _arguments()
    sets = [data for name in arguments.data if (data := DATA_SETS[name](CHECKOUT))]
    if not sets:
        sys.exit("No data sets here: name the folder of the reference data in ONNLU_SHARED.")
    texts = [text for data in sets for text in data.test_texts()]
    with TemporaryDirectory() as folder:
        work = Path(folder)
        chosen = work / "messages.jsonl"
        lines = (json.dumps({"text": t}) for t in messages(texts, arguments.messages, seed=1))
        chosen.write_text("\n".join(lines) + "\n", encoding="utf-8")
        found = {data.name: _compared(data, work, chosen, arguments.epochs) for data in sets}
    short, dirty = commit(CHECKOUT)
    date = datetime.now(UTC).date().isoformat()
    document = {
        "commit": short,
        "dirty": dirty,
        "date": date,
        "machine": machine(),
        "epochs": arguments.epochs,
        "data_sets": found,
    }
    path = arguments.out / f"parity-{date}-{short}.json"
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(path.read_text(encoding="utf-8"))
    sys.exit(0 if all(result["is_equal"] for result in found.values()) else 4)


def _compared(data: DataSet, work: Path, chosen: Path, epochs: int) -> dict[str, Any]:
    """Train and export a model, and return what `exporter verify` says of it."""
    config = yaml.safe_load(data.config.read_text(encoding="utf-8"))
    for component in config["pipeline"]:
        if component["name"] == "DIETClassifier":
            component["epochs"] = epochs
    path = work / "config.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    trained, exported = work / data.name / "trained", work / data.name / "onnx"
    fit = ["--config", path, "--data", data.train, "--out", trained, "--seed", "1"]
    _run("trainer", "fit", *fit)
    _run("exporter", "to-onnx", trained, "--out", exported)
    against = ["--against", trained, "--input", chosen, "--json"]
    compared = _run("exporter", "verify", exported, *against, allowed=(0, 4))
    if compared.returncode:
        return {"is_equal": False, "difference": json.loads(compared.stdout)}
    parity = json.loads(compared.stdout)["parity"]
    # Texts of a data set stay where they are.
    parity["worst"] = {name: found["difference"] for name, found in parity["worst"].items()}
    return {"is_equal": True, "parity": parity}


def _run(*command: object, allowed: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
    line = [str(BIN / str(command[0])), *map(str, command[1:])]
    sys.stderr.write(f"{' '.join(line)}\n")
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in allowed:
        sys.exit(f"{command[0]} ended with {done.returncode}")
    return done


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip())
    parser.add_argument(
        "--data",
        nargs="+",
        choices=DATA_SETS,
        default=["snips", "hwu64", "banking77"],
        help="default: those that are here of snips, hwu64 and banking77",
    )
    parser.add_argument("--messages", type=int, default=10_000, help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=10, help="default: %(default)s")
    parser.add_argument("--out", type=Path, default=CHECKOUT / "benchmarks" / "results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
