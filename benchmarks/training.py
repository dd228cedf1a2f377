"""Measure what a training costs and how good its models are: the figures of docs/performance.md.

Every measurement adds to benchmarks/results/training-<name>-<date>-<commit>.json, run by run. When
it is stopped, the same command goes on with what is missing; to measure afresh, move the file away.

Rasa 3.6 is measured in turns with onnlu where RASA_PYTHON names an interpreter that has it, and the
linear model of the reference data where LINEAR_PYTHON names one with scikit-learn and
sklearn-crfsuite. The reference data is looked for in the folder that ONNLU_SHARED names, by default
`shared` beside the checkout. How long a command takes is said for two cores.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from child import ChildFailed
from data_sets import DataSet, concierge, generated, hwu64, snips
from kept_original import add_kept
from synthetic import Synthetic
from systems import say
from training_plans import Task, generated_tasks, quality_tasks, speed_tasks
from training_plots import draw
from training_record import Record, RecordRefused
from training_report import write_report
from training_runs import cost, measure_all, quality
from training_systems import LINEAR, ONNLU, ORIGINAL, training_systems

CHECKOUT = Path(__file__).resolve().parents[1]
WORK = CHECKOUT / "build" / "bench" / "training"
RESULTS = CHECKOUT / "benchmarks" / "results"
DOCS = CHECKOUT / "docs"

DATA_SETS: dict[str, Callable[[Path], DataSet | None]] = {
    "snips": snips,
    "hwu64": hwu64,
    "concierge": concierge,
}


def main() -> None:
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except (ChildFailed, RecordRefused, OSError, ValueError) as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        say("stopped; what was measured is kept, and the same command goes on")
        raise SystemExit(130) from None


def speed(arguments: argparse.Namespace) -> None:
    def tasks(systems: Sequence[str]) -> Iterable[Task]:
        return speed_tasks(_data_sets(arguments), systems, arguments.epochs, arguments.rounds)

    _measure("speed", tasks, arguments, [ONNLU, ORIGINAL])


def quality_by_time(arguments: argparse.Namespace) -> None:
    def tasks(systems: Sequence[str]) -> Iterable[Task]:
        return quality_tasks(_data_sets(arguments), systems, arguments.epochs, arguments.seeds)

    _measure("quality", tasks, arguments, [ONNLU, ORIGINAL, LINEAR])


def original(arguments: argparse.Namespace) -> None:
    versions = {ORIGINAL: {"rasa": "3.6.21"}}
    record = Record(arguments.out, "quality", CHECKOUT, versions)
    add_kept(CHECKOUT, record, _data_sets(arguments))
    print(record.path)


def growth(arguments: argparse.Namespace) -> None:
    usual_utterances, usual_tags = arguments.usual
    sizes = [Synthetic.with_tags(count, usual_tags) for count in arguments.utterances]
    sizes += [Synthetic.with_tags(usual_utterances, tags) for tags in arguments.tags]
    _measure_generated("growth", sizes, arguments)


def many_tags(arguments: argparse.Namespace) -> None:
    size = Synthetic.with_tags(arguments.utterances, arguments.tags)
    _measure_generated("many-tags", [size], arguments)


def plots(arguments: argparse.Namespace) -> None:
    for path in draw(arguments.results, arguments.docs / "images"):
        print(path)


def report(arguments: argparse.Namespace) -> None:
    path = arguments.docs / "performance.md"
    write_report(arguments.results, path)
    print(path)


def _measure_generated(
    name: str, sizes: Sequence[Synthetic], arguments: argparse.Namespace
) -> None:
    def tasks(systems: Sequence[str]) -> Iterable[Task]:
        data_sets = (
            (
                _with_config(generated(CHECKOUT, WORK, size), arguments),
                {"utterances": size.utterances, "tags": size.tags},
            )
            for size in dict.fromkeys(sizes)
        )
        return generated_tasks(data_sets, systems, arguments.epochs)

    _measure(name, tasks, arguments, [ONNLU])


def _measure(
    name: str,
    tasks: Callable[[Sequence[str]], Iterable[Task]],
    arguments: argparse.Namespace,
    usual_systems: Sequence[str],
) -> None:
    """Measure with the systems that were asked for, or with the usual ones that are here."""
    here = training_systems(CHECKOUT)
    missing = [system for system in arguments.systems or () if system not in here]
    if missing:
        raise ChildFailed(f"not here: {', '.join(missing)}; set RASA_PYTHON or LINEAR_PYTHON")
    systems = {
        system: here[system] for system in arguments.systems or usual_systems if system in here
    }
    WORK.mkdir(parents=True, exist_ok=True)
    versions = {system: found.versions for system, found in systems.items()}
    record = Record(arguments.out, name, CHECKOUT, versions)
    measure = quality if name == "quality" else cost
    measure_all(tasks(list(systems)), record, lambda t: measure(t, systems[t.run.system], WORK))
    print(record.path)


def _data_sets(arguments: argparse.Namespace) -> list[DataSet]:
    found = {name: DATA_SETS[name](CHECKOUT) for name in arguments.data}
    missing = [name for name, data in found.items() if data is None]
    if missing:
        raise ChildFailed(f"not here: {', '.join(missing)}; ONNLU_SHARED names the reference data")
    return [_with_config(data, arguments) for data in found.values() if data is not None]


def _with_config(data: DataSet, arguments: argparse.Namespace) -> DataSet:
    return data._replace(config=arguments.config) if arguments.config else data


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = _measurement(
        commands, "speed", speed, "seconds an epoch and memory, in turns (an hour)", epochs=3
    )
    _data_option(command)
    command.add_argument("--rounds", type=_count, default=3, help="trainings of each (default: 3)")

    command = _measurement(
        commands, "quality", quality_by_time, "scores after each epoch (hours)", epochs=10
    )
    _data_option(command)
    command.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="N", help="(default: 1 2 3)"
    )

    title = "score what the reference data keeps of the original, for quality (seconds)"
    command = commands.add_parser("original", help=title, description=title)
    command.set_defaults(run=original, config=None)
    command.add_argument("--out", type=Path, default=RESULTS, help="folder for the results")
    _data_option(command)

    command = _measurement(
        commands, "growth", growth, "cost by utterances and by tags (half an hour)", epochs=3
    )
    numbers = {"type": _count, "nargs": "+", "metavar": "N"}
    command.add_argument("--utterances", default=[1000, 3000, 10_000, 30_000], **numbers)
    command.add_argument("--tags", default=[21, 101, 401], help="of BILOU", **numbers)
    command.add_argument(
        "--usual",
        type=_count,
        nargs=2,
        default=[10_000, 101],
        metavar=("UTTERANCES", "TAGS"),
        help="what the other axis has (default: 10000 101)",
    )

    command = _measurement(
        commands, "many-tags", many_tags, "cost of 469 BILOU tags (ten minutes)", epochs=3
    )
    command.add_argument("--utterances", type=_count, default=5000, metavar="N")
    command.add_argument("--tags", type=_count, default=470, metavar="N", help="of BILOU")

    for name, run, title in (
        ("plots", plots, "draw docs/images from the kept results (seconds)"),
        ("report", report, "put the kept results into docs/performance.md (at once)"),
    ):
        command = commands.add_parser(name, help=title, description=title)
        command.set_defaults(run=run)
        command.add_argument("--results", type=Path, default=RESULTS, help="where they are kept")
        command.add_argument("--docs", type=Path, default=DOCS, help="folder of performance.md")
    return parser


def _measurement(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], None],
    title: str,
    epochs: int,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=title, description=title)
    command.set_defaults(run=run)
    command.add_argument("--epochs", type=_count, default=epochs, help=f"(default: {epochs})")
    command.add_argument("--config", type=_file, help="pipeline, for all systems and data sets")
    command.add_argument(
        "--systems",
        nargs="+",
        choices=(ONNLU, ORIGINAL, LINEAR),
        help="(default: those that are here; on generated utterances onnlu alone)",
    )
    command.add_argument("--out", type=Path, default=RESULTS, help="folder for the results")
    return command


def _data_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        nargs="+",
        choices=DATA_SETS,
        default=["snips", "hwu64"],
        help="(default: snips hwu64)",
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is below 1")
    return number


def _file(text: str) -> Path:
    path = Path(text).resolve()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no {path}")
    return path


if __name__ == "__main__":
    main()
