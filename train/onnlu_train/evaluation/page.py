"""One self-contained HTML page with all of an evaluation."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from onnlu.decoding.tags import KINDS
from onnlu_train.evaluation.classification import Classification
from onnlu_train.evaluation.confidence import expected_calibration_error, fallback
from onnlu_train.evaluation.entities import EntityEvaluation, Span, file_name
from onnlu_train.evaluation.evaluation import Evaluation
from onnlu_train.evaluation.folds import fold_table
from onnlu_train.evaluation.predictions import Prediction

MOST_SHOWN: Final = 100
"""How many mistakes the page shows; the JSON files hold all of them."""


class Segment(NamedTuple):
    """A piece of a text: outside of entities, or inside of those that `label` names."""

    text: str
    label: str = ""
    is_right: bool = True


def write_page(
    path: Path,
    pictures: Path,
    evaluation: Evaluation,
    facts: Mapping[str, Any],
    folds: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write the page; it needs nothing from elsewhere.

    Args:
        path: the HTML file.
        pictures: the folder with the pictures, which become part of the page.
        evaluation: what to show.
        facts: what the page begins with.
        folds: the key figures of each fold of a cross-validation.
    """
    environment = Environment(
        loader=PackageLoader("onnlu_train.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"share": _share, "percent": _percent}
    environment.globals["picture"] = lambda name: _inlined(pictures / name)
    html = environment.get_template("report.html").render(
        facts=facts,
        figures=evaluation.figures(),
        fold_table=fold_table(folds),
        most_shown=MOST_SHOWN,
        intents=_classification(evaluation.intents),
        responses=_classification(evaluation.responses),
        calibration=_calibration(evaluation),
        entities=[_entities(entities) for entities in evaluation.entities],
    )
    path.write_text(html, encoding="utf-8")


def segments(text: str, spans: Iterable[Span], right: Iterable[Span]) -> list[Segment]:
    """Cut a text at the borders of its entities.

    Args:
        text: the message.
        spans: entities; they may overlap.
        right: the spans to compare with; what is not among them is wrong.

    >>> segments("to Rome now", [Span(3, 7, "city")], [])[1]
    Segment(text='Rome', label='city', is_right=False)
    """
    spans, right = sorted(spans), set(right)
    inside = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    borders = sorted({0, len(text), *(border for span in inside for border in span[:2])})
    pieces = []
    for start, end in pairwise(borders):
        here = [span for span in inside if span.start <= start and end <= span.end]
        label = ", ".join(dict.fromkeys(span.label for span in here))
        pieces.append(Segment(text[start:end], label, all(span in right for span in here)))
    return pieces


def _classification(classification: Classification | None) -> dict[str, Any] | None:
    if classification is None:
        return None
    report = classification.report
    return {
        "report": sorted(report.scores.items(), key=lambda item: (item[1].f1, item[0])),
        "averages": report.averages,
        "accuracy": report.accuracy,
        "confusions": report.confusions()[:MOST_SHOWN],
        "errors": classification.errors[:MOST_SHOWN],
        "error_count": len(classification.errors),
    }


def _calibration(evaluation: Evaluation) -> dict[str, Any] | None:
    if evaluation.intents is None:
        return None
    bins = evaluation.calibration()
    return {
        "bins": bins,
        "error": expected_calibration_error(bins),
        "fallback": fallback(evaluation.intents, evaluation.thresholds),
    }


def _entities(entities: EntityEvaluation) -> dict[str, Any]:
    errors = entities.errors()
    return {
        "name": entities.extractor or "all extractors",
        "picture": entities.extractor and file_name(entities.extractor),
        "tables": [_table(entities, kind) for kind in KINDS],
        "error_count": len(errors),
        "errors": [_marked(entities, prediction) for prediction in errors[:MOST_SHOWN]],
    }


def _table(entities: EntityEvaluation, kind: str) -> dict[str, Any]:
    """Return the scores of types, roles or groups, the worst first."""
    exact, overlap = entities.exact(kind), entities.overlap(kind)
    rows = [(label, exact.by_label[label], overlap.by_label[label]) for label in exact.by_label]
    return {
        "kind": kind,
        "rows": sorted(rows, key=lambda row: (row[1].f1, row[0])),
        "all": (exact.micro, overlap.micro),
    }


def _marked(entities: EntityEvaluation, prediction: Prediction) -> dict[str, list[Segment]]:
    pair = entities.pair(prediction)
    return {
        "expected": segments(prediction.text, pair.expected, pair.found),
        "found": segments(prediction.text, pair.found, pair.expected),
    }


def _inlined(path: Path) -> str | None:
    """Return a picture as a URL that holds it, or None where there is none."""
    if not path.is_file():
        return None
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
