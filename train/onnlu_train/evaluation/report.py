"""The files of an evaluation, under the names of `rasa test nlu` where it has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from onnlu_train.evaluation.classification import Classification, decision_record
from onnlu_train.evaluation.entities import EntityEvaluation, file_name
from onnlu_train.evaluation.evaluation import Evaluation
from onnlu_train.evaluation.folds import fold_table
from onnlu_train.evaluation.names import FIGURES, PAGE
from onnlu_train.evaluation.page import write_page
from onnlu_train.evaluation.pictures import save_confusion_matrix, save_histogram
from onnlu_train.evaluation.predictions import Prediction
from onnlu_train.evaluation.token_labels import token_report


def write_report(
    folder: Path,
    evaluation: Evaluation,
    facts: Mapping[str, Any],
    *,
    successes: bool = False,
    folds: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write reports, mistakes and pictures, and one page that shows all of it.

    Args:
        folder: an existing one.
        evaluation: what to report.
        facts: what the page begins with, such as the model and the data.
        successes: write the messages that came out right too.
        folds: the key figures of each fold of a cross-validation.
    """
    for name, kind, classification in (
        ("intent", "intent", evaluation.intents),
        ("response_selection", "intent_response_key", evaluation.responses),
    ):
        if classification:
            _write_classification(folder, name, kind, classification, successes)
    for entities in evaluation.entities[1:]:
        _write_extractor(folder, entities, successes)
    if evaluation.entities:
        every = evaluation.entities[0]
        report = {"exact": every.exact().to_json(), "overlap": every.overlap().to_json()}
        _write_json(folder / "entity_report.json", report)
    _write_json(folder / FIGURES, {**facts, **figures_of(evaluation, folds)})
    write_page(folder / PAGE, folder, evaluation, facts, folds)


def figures_of(evaluation: Evaluation, folds: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return the key figures and, of a cross-validation, those of each fold and their means.

    Args:
        evaluation: of all predictions.
        folds: the key figures of each fold.
    """
    figures = evaluation.figures()
    if folds:
        figures["folds"] = list(folds)
        figures["over_folds"] = {
            row.name: {"mean": row.mean, "deviation": row.deviation} for row in fold_table(folds)
        }
    return figures


def _write_classification(
    folder: Path, name: str, kind: str, classification: Classification, successes: bool
) -> None:
    report = classification.report
    _write_json(folder / f"{name}_report.json", report.to_json())
    written = {"errors": classification.errors}
    if successes:
        written["successes"] = classification.successes
    for what, decisions in written.items():
        records = [decision_record(decision, kind) for decision in decisions]
        _write_json(folder / f"{name}_{what}.json", records)
    title = name.replace("_", " ").capitalize()
    matrix = folder / f"{name}_confusion_matrix.png"
    save_confusion_matrix(matrix, report.labels, report.matrix, f"{title}: right and found")
    right, wrong = (
        [decision.found.confidence for decision in decisions]
        for decisions in (classification.successes, classification.errors)
    )
    histogram = folder / f"{name}_histogram.png"
    save_histogram(histogram, right, wrong, f"{title}: confidence", "messages")


def _write_extractor(folder: Path, entities: EntityEvaluation, successes: bool) -> None:
    name = file_name(str(entities.extractor))
    if report := token_report(entities):
        _write_json(folder / f"{name}_report.json", report.to_json())
        matrix = folder / f"{name}_confusion_matrix.png"
        save_confusion_matrix(matrix, report.labels, report.matrix, f"{entities.extractor}: tokens")
    written = {"errors": entities.errors()}
    if successes:
        written["successes"] = entities.successes()
    for what, predictions in written.items():
        records = list(_entity_records(entities, predictions))
        _write_json(folder / f"{name}_{what}.json", records)
    right, wrong = entities.confidences()
    if right or wrong:
        histogram = folder / f"{name}_histogram.png"
        save_histogram(histogram, right, wrong, f"{entities.extractor}: confidence", "entities")


def _entity_records(
    entities: EntityEvaluation, predictions: Iterable[Prediction]
) -> Iterable[dict[str, Any]]:
    for prediction in predictions:
        yield {
            "text": prediction.text,
            "entities": list(prediction.expected_entities),
            "predicted_entities": entities.found(prediction),
        }


def _write_json(path: Path, document: Any) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)
    path.write_text(f"{text}\n", encoding="utf-8")
