"""`trainer cross-validate`."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onnlu.cli.boundary import INTERRUPTED
from onnlu.cli.options import PATH, device_option, json_option
from onnlu.cli.output import print_facts, print_json, say
from onnlu_train.cli.paths_option import PathsCommand, paths_option
from onnlu_train.cli.progress import progress_on_stderr
from onnlu_train.cli.report import (
    report_line,
    report_out_option,
    report_overwrite_option,
    successes_option,
    summary,
)
from onnlu_train.cli.settings import train_settings
from onnlu_train.cli.startup import start_tensorflow
from onnlu_train.training.keys import LARGEST_SEED

if TYPE_CHECKING:
    from onnlu_train.evaluation.cross_validation import CrossValidation
    from onnlu_train.evaluation.fold import FoldResult

_SAID = ("intents", "responses", "entities")
_BY_FOLD = {
    "intents: accuracy": ("intents, by fold", "accuracy"),
    "responses: accuracy": ("responses, by fold", "accuracy"),
    "entities: f1": ("entities, by fold", "F1"),
}


@click.command(
    "cross-validate",
    cls=PathsCommand,
    options_metavar="--config FILE --data PATH... --out DIRECTORY [OPTIONS]",
)
@click.option("--config", type=PATH, required=True, metavar="FILE", help="The pipeline.")
@paths_option("--data", "Files and folders with training data.", required=True)
@report_out_option
@click.option(
    "--folds", type=click.IntRange(min=2), default=5, show_default=True, help="Parts of the data."
)
@click.option("--epochs", type=click.IntRange(min=1), help="Goes before the config's.")
@click.option(
    "--seed",
    type=click.IntRange(0, LARGEST_SEED),
    help="Chooses the folds (0 without it), and goes before the config's.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="train.KEY=VALUE",
    callback=train_settings,
    help="Goes before the config's `train:`; repeatable.",
)
@click.option(
    "--skip-unsupported", is_flag=True, help="Go on without components of Rasa that are not here."
)
@successes_option
@device_option("gpu")
@report_overwrite_option
@json_option
@click.pass_context
def cross_validate_command(
    context: click.Context,
    config: Path,
    data: tuple[Path, ...],
    out: Path,
    folds: int,
    epochs: int | None,
    seed: int | None,
    settings: dict[str, Any],
    skip_unsupported: bool,
    successes: bool,
    device: str,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Train on all of the data but a part, predict that part; so for each part.

    Each fold is a whole training in a process of its own. The reports are those of `trainer
    evaluate`, over the predictions of all folds, with mean and standard deviation over the folds.
    """
    start_tensorflow()
    from onnlu_train.evaluation.cross_validation import CrossValidation
    from onnlu_train.evaluation.fold import FoldJob
    from onnlu_train.evaluation.target import check_report_target, partial_report

    # What ends this process ends that of the fold, and finished folds are kept.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    check_report_target(out, overwrite)
    check_report_target(partial_report(out), overwrite=True)
    given = {"epochs": epochs, "random_seed": seed}
    overrides = settings | {name: value for name, value in given.items() if value is not None}
    template = FoldJob(config, data, overrides, device, skip_unsupported)
    validation = CrossValidation(template, folds, seed or 0)
    for notice in validation.notices:
        say(f"notice: {notice}")
    facts = {
        "config": str(config),
        "data": ", ".join(map(str, data)),
        "number_of_folds": folds,
        "seed": seed or 0,
    }
    report = FoldReport(facts, out, overwrite, successes)
    with report.kept():
        _run(validation, report, debug=context.find_root().params["debug"])
    figures = report.write()
    if as_json:
        document = {**facts, **figures, "report": str(out), "notices": list(validation.notices)}
        print_json(document)
    else:
        print_facts(_by_fold(figures) | summary(figures) | report_line(out))


def _run(validation: CrossValidation, report: FoldReport, debug: bool) -> None:
    from onnlu_train.evaluation.cross_validation import evaluation_of, run_in_process

    for job in validation.jobs:
        fold = f"fold {job.number} of {len(validation.jobs)}"
        test = len(job.test)
        say(f"{fold}: trains on {validation.examples - test} messages, predicts {test}")
        result = run_in_process(job, debug=debug)
        report.add(result)
        facts = summary(evaluation_of([result]).figures())
        say("\n".join(f"{fold}: {name}: {facts[name]}" for name in _SAID if name in facts))


class FoldReport:
    """Gathers what folds give, and writes it; also that of some folds, where not all finish."""

    def __init__(self, facts: dict[str, Any], out: Path, overwrite: bool, successes: bool) -> None:
        self._facts = facts
        self._out = out
        self._overwrite = overwrite
        self._successes = successes
        self._results: list[FoldResult] = []

    def add(self, result: FoldResult) -> None:
        """Take what one more fold gave."""
        self._results.append(result)

    def write(self) -> dict[str, Any]:
        """Write the report; return the key figures, with those of each fold."""
        return self._write(self._out, self._overwrite)

    def _write(self, out: Path, overwrite: bool) -> dict[str, Any]:
        from onnlu_train.evaluation.cross_validation import evaluation_of
        from onnlu_train.evaluation.report import figures_of, write_report
        from onnlu_train.evaluation.target import report_folder

        evaluation = evaluation_of(self._results)
        folds = [evaluation_of([result]).figures() for result in self._results]
        with report_folder(out, overwrite) as folder:
            write_report(folder, evaluation, self._facts, successes=self._successes, folds=folds)
        return figures_of(evaluation, folds)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Write what the finished folds gave where not all finish, and say so.

        An earlier report stays: the new one stands beside it then.
        """
        from onnlu_train.evaluation.target import partial_report

        try:
            yield
        except BaseException:
            if self._results:
                out = partial_report(self._out)
                self._facts["finished_folds"] = len(self._results)
                self._write(out, overwrite=True)
                say(f"Kept: the report of the folds that finished, in {out}")
            else:
                say(f"Nothing was written to {self._out}.")
            raise


def _by_fold(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return mean and standard deviation of the main figures, as lines for a terminal."""
    return {
        name: f"{what} {row['mean']:.3f} ± {row['deviation']:.3f}"
        for figure, (name, what) in _BY_FOLD.items()
        if (row := figures["over_folds"].get(figure))
    }


@click.command("fold", hidden=True)
@click.argument("job", type=PATH)
@click.argument("result", type=PATH)
@click.pass_context
def fold_command(context: click.Context, job: Path, result: Path) -> None:
    """Run one fold of a cross-validation, for the process that waits for it."""
    start_tensorflow()
    from onnlu_train.evaluation.fold import FoldJob, run_fold

    try:
        with progress_on_stderr() as progress:
            run_fold(FoldJob.read(job), [progress]).write(result)
    except KeyboardInterrupt:
        # Ctrl-C reaches both processes: the one that waits says what was kept.
        context.exit(INTERRUPTED)
