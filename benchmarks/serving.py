"""Measure what serving a model costs, and where its time goes.

A command keeps what it found in benchmarks/results/serving-<command>-<date>-<commit>.json. Without
--model, a model is trained on SNIPS for two epochs (on examples/concierge where the reference data
is not there) and serves all commands of a commit. The reference data is looked for in the folder
that ONNLU_SHARED names, by default `shared` beside the checkout. The machine should do nothing
else. How long a command takes is said for two cores.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import serving_around
import serving_bench
import serving_blob
import serving_length
from child import ChildFailed
from data_sets import DataSet, concierge, snips
from serving_models import ServingModel, given, trained_here
from serving_plots import draw
from serving_record import Record
from systems import say

from onnlu.loading import load
from onnlu_engine.errors import OnnluException
from onnlu_train.tensorflow_setup import prepare_process

CHECKOUT = Path(__file__).resolve().parents[1]
WORK = CHECKOUT / "build" / "bench" / "serving"
RESULTS = CHECKOUT / "benchmarks" / "results"
IMAGES = CHECKOUT / "docs" / "images"


def main() -> None:
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except (ChildFailed, OnnluException, OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        say("stopped; nothing was kept")
        raise SystemExit(130) from None


def graph(arguments: argparse.Namespace) -> None:
    prepare_process()  # before TensorFlow is imported
    import serving_graph

    def measure(model: Path, rounds: int) -> Any:
        return serving_graph.measure(model, _data().test_texts(), rounds, arguments.int8)

    _measure("graph", measure, arguments, rounds=100, exported=False)


def length(arguments: argparse.Namespace) -> None:
    def measure(model: Path, rounds: int) -> Any:
        nlu = load(model, device="cpu", threads=1)
        return serving_length.measure(nlu, _data().test_texts(), rounds)

    _measure("length", measure, arguments, rounds=25)


def blob(arguments: argparse.Namespace) -> None:
    def measure(model: Path, rounds: int) -> Any:
        WORK.mkdir(parents=True, exist_ok=True)
        return serving_blob.measure(model, _data().test_texts(), rounds, WORK)

    _measure("blob", measure, arguments, rounds=50)


def around(arguments: argparse.Namespace) -> None:
    def measure(model: Path, rounds: int) -> Any:
        nlu = load(model, device="cpu", threads=1)
        return serving_around.measure(nlu, _data().test_texts(), rounds)

    _measure("around", measure, arguments, rounds=50)


def bench(arguments: argparse.Namespace) -> None:
    def measure(model: Path, rounds: int) -> Any:
        return serving_bench.measure(model, quick=arguments.quick)

    _measure("bench", measure, arguments, rounds=1)


def plots(arguments: argparse.Namespace) -> None:
    paths = list(draw(arguments.results, arguments.images))
    if not paths:
        raise ValueError(f"{arguments.results} has nothing to draw; measure `length` and `bench`")
    for path in paths:
        print(path)


def _measure(
    name: str,
    measure: Callable[[Path, int], Any],
    arguments: argparse.Namespace,
    *,
    rounds: int,
    exported: bool = True,
) -> None:
    """Measure, and keep what was found."""
    rounds = 1 if arguments.quick else rounds
    model = _model(arguments.model, exported=exported)
    record, facts = Record(name, CHECKOUT), model.facts()
    found = measure(model.path, rounds)
    method = {"rounds": rounds, "quick": arguments.quick, "texts": _data().name}
    folder = arguments.out or (WORK if arguments.quick else RESULTS)
    print(record.keep(folder, model=facts, method=method, **{name: found}))


def _model(path: Path | None, *, exported: bool) -> ServingModel:
    return given(path) if path else trained_here(CHECKOUT, WORK, _data(), exported=exported)


def _data() -> DataSet:
    return snips(CHECKOUT) or concierge(CHECKOUT)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = _measurement(
        commands, "graph", graph, "the graph alone, against its floor (minutes)", "trained"
    )
    command.add_argument("--int8", type=Path, metavar="DIR", help="its export as int8, if any")
    _measurement(commands, "length", length, "latency by the number of tokens (two minutes)")
    _measurement(
        commands, "blob", blob, "what a token of 2,000 characters costs its batch (a minute)"
    )
    _measurement(commands, "around", around, "the path around the graph, node by node (seconds)")
    _measurement(commands, "bench", bench, "what `onnlu bench` says (a minute)")
    title = "draw docs/images from the newest results"
    command = commands.add_parser("plots", help=title, description=title)
    command.set_defaults(run=plots)
    command.add_argument("--results", type=Path, default=RESULTS, help="where they are kept")
    command.add_argument("--images", type=Path, default=IMAGES, help="folder to draw into")
    return parser


def _measurement(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], None],
    title: str,
    kind: str = "exported",
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=title, description=title)
    command.set_defaults(run=run)
    command.add_argument("--model", type=Path, metavar="DIR", help=f"{kind} model to measure")
    command.add_argument("--out", type=Path, help="folder for the results (default: results)")
    command.add_argument(
        "--quick", action="store_true", help="one round: does it run? Its figures mean little"
    )
    return command


if __name__ == "__main__":
    main()
