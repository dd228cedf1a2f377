"""`trainer evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from onnlu.cli.options import device_option, json_option, model_argument
from onnlu.cli.output import print_facts, print_json, say
from onnlu_train.cli.paths_option import ModelFirstCommand, paths_option
from onnlu_train.cli.report import (
    report_line,
    report_out_option,
    report_overwrite_option,
    successes_option,
    summary,
)
from onnlu_train.cli.startup import start_tensorflow

if TYPE_CHECKING:
    from onnlu.nlu import NLU


@click.command(
    "evaluate", cls=ModelFirstCommand, options_metavar="--data PATH... --out DIRECTORY [OPTIONS]"
)
@model_argument
@paths_option(
    "--data", "Files and folders with test data, in the format of training data.", required=True
)
@report_out_option
@successes_option
@device_option("gpu", default="cpu")
@report_overwrite_option
@json_option
def evaluate_command(
    model: Path,
    data: tuple[Path, ...],
    out: Path,
    successes: bool,
    device: str,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Show how well a model does, trained or exported, on messages it has not seen.

    The files have the names of `rasa test nlu`; report.html shows all of them.
    """
    from onnlu_train.data import read_training_data
    from onnlu_train.evaluation.confidence import Thresholds
    from onnlu_train.evaluation.evaluation import Evaluation
    from onnlu_train.evaluation.notices import prediction_notices
    from onnlu_train.evaluation.predictions import predict
    from onnlu_train.evaluation.report import write_report
    from onnlu_train.evaluation.target import check_report_target, report_folder

    check_report_target(out, overwrite)
    read = read_training_data(data)
    nlu = _load(model, device)
    predictions = predict(nlu, read.training_data.examples)
    notices = [*read.notices, *prediction_notices(predictions, nlu.model.manifest["labels"])]
    for notice in notices:
        say(f"notice: {notice}")
    evaluation = Evaluation.of(predictions, Thresholds.of_schema(nlu.schema))
    facts = {
        "model": str(model),
        "digest": f"sha256:{nlu.model.model_id}",
        "data": ", ".join(map(str, data)),
    }
    with report_folder(out, overwrite) as folder:
        write_report(folder, evaluation, facts, successes=successes)
    figures = evaluation.figures()
    if as_json:
        print_json({**facts, **figures, "report": str(out), "notices": notices})
    else:
        print_facts(summary(figures) | report_line(out))


def _load(model: Path, device: str) -> NLU:
    """Load a model with what it needs: TensorFlow for a trained one only."""
    from onnlu_engine.model_directory import open_model

    if open_model(model).manifest.get("kind") == "onnx":
        from onnlu.loading import load as load_exported

        return load_exported(model, device=device.replace("gpu", "cuda"))
    start_tensorflow()
    from onnlu_train.loading import load

    return load(model, device=device)
