"""`trainer fit`."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onnlu.cli.options import PATH, device_option, json_option, overwrite_option
from onnlu.cli.output import print_json, say
from onnlu_train.cli.cache_options import cache_option, cache_size_option, open_cache
from onnlu_train.cli.paths_option import PathsCommand, paths_option
from onnlu_train.cli.plan import plan_document, plan_lines
from onnlu_train.cli.progress import progress_on_stderr
from onnlu_train.cli.settings import train_settings
from onnlu_train.cli.startup import start_tensorflow
from onnlu_train.runners import DASK, RUNNERS, SEQUENTIAL, check_runner
from onnlu_train.training.interruption import TrainingInterrupted
from onnlu_train.training.keys import LARGEST_SEED

if TYPE_CHECKING:
    from onnlu_engine.training import TrainingPlan
    from onnlu_train.fit import FitResult


@click.command(
    "fit",
    cls=PathsCommand,
    options_metavar="--config FILE --data PATH... --out DIRECTORY [OPTIONS]",
)
@click.option("--config", type=PATH, required=True, metavar="FILE", help="The pipeline.")
@paths_option(
    "--data",
    "Files and folders with training data; domain.yml too, for the responses of retrieval intents.",
    required=True,
)
@click.option("--out", type=PATH, required=True, metavar="DIRECTORY", help="The model to write.")
@paths_option("--validation-data", "Files and folders to validate on.")
@click.option("--epochs", type=click.IntRange(min=1), help="Goes before the config's.")
@click.option("--seed", type=click.IntRange(0, LARGEST_SEED), help="Goes before the config's.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="train.KEY=VALUE",
    callback=train_settings,
    help="Goes before the config's `train:`; repeatable.",
)
@click.option(
    "--finetune", type=PATH, metavar="MODEL", help="Go on from this trained model, on more data."
)
@click.option("--resume", is_flag=True, help="Go on where an interrupted fit was.")
@click.option(
    "--skip-unsupported",
    is_flag=True,
    help="Go on without components of Rasa that are not here.",
)
@click.option(
    "--runner",
    type=click.Choice(RUNNERS),
    help="Where components train: here (sequential), or side by side in a cluster (dask).",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="A running cluster, such as tcp://10.0.0.5:8786; else one is started on this machine.",
)
@click.option("--dry-run", is_flag=True, help="Say what would run, and why; train nothing.")
@click.option(
    "--force",
    is_flag=True,
    help="Run everything, whatever the cache has; with --resume, all that is not finished.",
)
@cache_option
@cache_size_option("0 to do without")
@device_option("gpu")
@overwrite_option
@json_option
def fit_command(
    config: Path,
    data: tuple[Path, ...],
    out: Path,
    validation_data: tuple[Path, ...],
    epochs: int | None,
    seed: int | None,
    settings: dict[str, Any],
    finetune: Path | None,
    resume: bool,
    skip_unsupported: bool,
    runner: str | None,
    scheduler: str | None,
    dry_run: bool,
    force: bool,
    cache: Path,
    cache_size: float,
    device: str,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Train a model.

    What an earlier fit has learnt from the same data, by the same options and the same code, is
    taken from the cache.
    """
    if scheduler is not None and runner == SEQUENTIAL:
        raise click.UsageError("--scheduler names a cluster: leave it out, or take --runner dask.")
    runner = runner or (DASK if scheduler is not None else SEQUENTIAL)
    check_runner(runner)
    from onnlu_train.fit import Fit, FitOptions

    shorthands = {
        "epochs": epochs,
        "random_seed": seed,
        "validation_data": list(map(str, validation_data)) or None,
    }
    options = FitOptions(
        config,
        data,
        out,
        {**settings, **{key: value for key, value in shorthands.items() if value is not None}},
        device,
        overwrite or dry_run,
        skip_unsupported,
        resume,
        finetune,
        runner=runner,
        scheduler=scheduler,
        cache=open_cache(cache, cache_size),
        force=force,
    )
    fit: Fit | None = None
    try:
        fit = Fit(options, start=start_tensorflow)
        for notice in fit.notices:
            say(f"notice: {notice}")
        if dry_run:
            _show_plan(fit.plan(), as_json)
            return
        with progress_on_stderr() as progress:
            result = fit.run([progress], [progress])
    except KeyboardInterrupt as interruption:
        say(_what_is_left(out, interruption, fit.kept if fit else None))
        raise
    if as_json:
        print_json({"model": str(out), **asdict(result), "notices": list(fit.notices)})
    else:
        click.echo(_summary(out, result))


def _show_plan(plan: TrainingPlan, as_json: bool) -> None:
    if as_json:
        print_json(plan_document(plan))
    else:
        click.echo("\n".join(plan_lines(plan)))


def _what_is_left(out: Path, interruption: KeyboardInterrupt, kept: Path | None) -> str:
    said = f"Nothing was written to {out}."
    if isinstance(interruption, TrainingInterrupted):
        said += f" {interruption}"
    if kept is None:
        return said
    arguments = [argument for argument in sys.argv[1:] if argument != "--resume"]
    # Right behind the command: what stands at the end may stand behind a `--`.
    arguments.insert(arguments.index("fit") + 1, "--resume")
    return f"{said}\nKept: {kept}\nNext: {shlex.join(['trainer', *arguments])}"


def _summary(out: Path, result: FitResult) -> str:
    named = {
        "intents": result.labels["intents"],
        "entity types": result.labels["entities"],
        "roles": result.labels["roles"],
        "groups": result.labels["groups"],
    }
    held_out = f", held out: {result.validation_examples}" if result.validation_examples else ""
    duplicates = f", duplicates dropped: {result.duplicates}" if result.duplicates else ""
    place = shlex.quote(str(out))
    trained = f"Trained on {result.device}." if result.device else "Nothing had to be trained."
    restored = ""
    if result.restored:
        restored = f"Nodes: run: {len(result.ran)}, restored: {len(result.restored)}\n"
    return (
        f"{trained}\n"
        f"{restored}"
        f"Data:  examples: {result.examples}{held_out}, "
        f"{', '.join(f'{kind}: {len(names)}' for kind, names in named.items() if names)}"
        f"{duplicates}\n"
        f"Model: {out}, sha256:{result.model_id}\n"
        f"Next:  exporter to-onnx {place} --out {shlex.quote(f'{out}-onnx')}"
    )
