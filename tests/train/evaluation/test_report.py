from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from onnlu_engine.errors import OnnluException
from onnlu_train.evaluation.confidence import Thresholds
from onnlu_train.evaluation.entities import Span
from onnlu_train.evaluation.evaluation import Evaluation
from onnlu_train.evaluation.folds import fold_table
from onnlu_train.evaluation.notices import prediction_notices
from onnlu_train.evaluation.page import segments
from onnlu_train.evaluation.pictures import MOST_LABELS
from onnlu_train.evaluation.predictions import Prediction
from onnlu_train.evaluation.report import write_report
from onnlu_train.evaluation.target import check_report_target, report_folder

Make = Callable[..., Prediction]


@pytest.fixture
def predictions(predicted: Make) -> list[Prediction]:
    return [
        predicted("hi <b>you</b>", "greet", ("fly", 0.8)),
        predicted("hello", "greet", ("greet", 0.9)),
        predicted("hey", "greet", ("fly", 0.95)),
        predicted(
            "to Rome",
            "fly",
            ("fly", 0.7),
            [(3, 7, "city")],
            [(3, 7, "city", "DIETClassifier", 0.6), (3, 7, "place", "RegexEntityExtractor")],
        ),
    ]


@pytest.fixture
def report(predictions: list[Prediction], tmp_path: Path) -> Path:
    evaluation = Evaluation.of(predictions, Thresholds())
    write_report(tmp_path, evaluation, {"model": "m & n"}, successes=True)
    return tmp_path


def test_the_files_have_the_names_of_rasa_test_nlu(report: Path) -> None:
    assert {path.name for path in report.iterdir()} == {
        "DIETClassifier_confusion_matrix.png",
        "DIETClassifier_errors.json",
        "DIETClassifier_histogram.png",
        "DIETClassifier_report.json",
        "DIETClassifier_successes.json",
        "RegexEntityExtractor_confusion_matrix.png",
        "RegexEntityExtractor_errors.json",
        "RegexEntityExtractor_report.json",
        "RegexEntityExtractor_successes.json",
        "entity_report.json",
        "evaluation.json",
        "intent_confusion_matrix.png",
        "intent_errors.json",
        "intent_histogram.png",
        "intent_report.json",
        "intent_successes.json",
        "report.html",
    }


def test_the_surest_mistakes_come_first(report: Path) -> None:
    errors = json.loads((report / "intent_errors.json").read_text(encoding="utf-8"))
    assert errors == [
        {
            "text": "hey",
            "intent": "greet",
            "intent_prediction": {"name": "fly", "confidence": 0.95},
        },
        {
            "text": "hi <b>you</b>",
            "intent": "greet",
            "intent_prediction": {"name": "fly", "confidence": 0.8},
        },
    ]


def test_the_figures_are_kept_as_json(report: Path) -> None:
    figures = json.loads((report / "evaluation.json").read_text(encoding="utf-8"))
    assert figures["model"] == "m & n"
    assert figures["intents"]["accuracy"] == 0.5
    assert figures["entities"]["precision"] == 0.5
    assert figures["extractors"]["DIETClassifier"]["f1"] == 1
    assert figures["extractors"]["RegexEntityExtractor"]["f1"] == 0


class Links(HTMLParser):
    """Gathers whatever a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [v or "" for name, v in attributes if name in ("src", "href")]


def test_the_page_needs_nothing_from_elsewhere(report: Path) -> None:
    html = (report / "report.html").read_text(encoding="utf-8")
    page = Links()
    page.feed(html)

    assert all(source.startswith(("data:image/png;base64,", "#")) for source in page.sources)
    # Two of the intents, two of the first extractor, one of the one without confidences.
    assert sum(source.startswith("data:") for source in page.sources) == 5
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert "url(" not in html
    assert "@import" not in html


def test_the_page_shows_texts_as_they_are(report: Path) -> None:
    html = (report / "report.html").read_text(encoding="utf-8")
    assert "hi &lt;b&gt;you&lt;/b&gt;" in html
    assert "m &amp; n" in html


def test_the_page_lists_the_worst_intent_first(predicted: Make, tmp_path: Path) -> None:
    """By name the worst would be the last, and by its place in the data neither first nor last."""
    predictions = [
        predicted("a", "apologise", ("apologise", 0.9)),
        predicted("b", "thank", ("leave", 0.9)),
        predicted("c", "leave", ("leave", 0.9)),
    ]
    write_report(tmp_path, Evaluation.of(predictions, Thresholds()), {})
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr><td>(apologise|thank|leave)</td>", html)
    # F1: thank 0, leave 2 * 0.5 * 1 / 1.5 = 0.67, apologise 1
    assert rows[:3] == ["thank", "leave", "apologise"]


def test_without_tokens_there_is_no_report_by_token(
    predictions: list[Prediction], tmp_path: Path
) -> None:
    """A pipeline of KeywordIntentClassifier and RegexEntityExtractor needs no tokenizer."""
    bare = [replace(prediction, tokens=()) for prediction in predictions]
    write_report(tmp_path, Evaluation.of(bare, Thresholds()), {})
    written = {path.name for path in tmp_path.glob("RegexEntityExtractor_*")}
    assert written == {"RegexEntityExtractor_errors.json"}
    assert (tmp_path / "entity_report.json").is_file()
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "confusion matrix of tokens" not in html


def test_a_model_that_gives_no_intents_is_not_judged_by_them(
    predictions: list[Prediction], tmp_path: Path
) -> None:
    without = [replace(prediction, intents=()) for prediction in predictions]
    evaluation = Evaluation.of(without, Thresholds())
    write_report(tmp_path, evaluation, {})
    assert evaluation.figures().keys() == {"messages", "entities", "extractors"}
    assert not list(tmp_path.glob("intent_*"))
    labels = {"intents": ["fly", "greet"], "entities": ["city"]}
    assert prediction_notices(predictions, labels) == []
    assert prediction_notices(without, labels) == [
        "the model gives no message an intent: there is no report of intents"
    ]


def test_pictures_are_png(report: Path) -> None:
    for picture in report.glob("*.png"):
        assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("count", [1, 2, MOST_LABELS + 1])
def test_any_number_of_intents_is_drawn_and_shown(
    predicted: Make, tmp_path: Path, count: int
) -> None:
    names = [f"{n} 日本 $x$ {'long ' * 20}" for n in range(count)]
    predictions = [
        predicted("x", name, (other, 1.0))
        for name, other in zip(names, reversed(names), strict=True)
    ]
    write_report(tmp_path, Evaluation.of(predictions, Thresholds()), {})
    assert (tmp_path / "intent_confusion_matrix.png").stat().st_size > 1000
    assert names[-1] in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_segments_of_overlapping_entities_carry_both_names() -> None:
    cut = segments(
        "a New York b", [Span(2, 10, "city"), Span(6, 10, "name")], [Span(2, 10, "city")]
    )
    assert [tuple(segment) for segment in cut] == [
        ("a ", "", True),
        ("New ", "city", True),
        ("York", "city, name", False),
        (" b", "", True),
    ]


def test_a_span_beyond_the_text_is_left_out() -> None:
    assert [tuple(s) for s in segments("ab", [Span(1, 9, "x")], [])] == [("ab", "", True)]


def test_folds_have_mean_and_deviation() -> None:
    rows = fold_table(
        [
            {"messages": 4, "intents": {"accuracy": 0.5, "rest": None}},
            {"messages": 6, "intents": {"accuracy": 0.7, "rest": 0.5}},
        ]
    )
    table = {row.name: row for row in rows}
    assert table["intents: accuracy"].mean == pytest.approx(0.6)
    assert table["intents: accuracy"].deviation == pytest.approx(0.02**0.5)
    assert set(table) == {"intents: accuracy", "intents: rest"}
    assert table["intents: rest"].values == (None, 0.5)
    assert (table["intents: rest"].mean, table["intents: rest"].deviation) == (0.5, 0)


def test_a_report_replaces_only_a_report_and_only_on_request(
    predictions: list[Prediction], tmp_path: Path
) -> None:
    out, other = tmp_path / "out", tmp_path / "other"
    for _ in range(2):
        with report_folder(out, overwrite=True) as folder:
            write_report(folder, Evaluation.of(predictions, Thresholds()), {})
    with pytest.raises(OnnluException, match="already holds a report"):
        check_report_target(out, overwrite=False)

    other.mkdir()
    check_report_target(other, overwrite=False)
    (other / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OnnluException, match="other content, which is never overwritten"):
        check_report_target(other, overwrite=True)
    with pytest.raises(OnnluException, match="no directory"):
        check_report_target(other / "thesis.txt", overwrite=True)


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), report_folder(tmp_path / "out", overwrite=False) as folder:
        (folder / "half").write_text("x", encoding="utf-8")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
