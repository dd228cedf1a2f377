"""Puts what is kept of trainings into docs/performance.md, between the marks that are there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from figures import ratios
from report import NOT_MEASURED, significant
from training_groups import Document, Group, groups, newest_groups
from training_record import read_records
from training_systems import LINEAR, ONNLU, ORIGINAL

NAMES = {ONNLU: "onnlu", ORIGINAL: "Rasa", LINEAR: "linear model"}
COSTS = {
    "first_epoch_s": ("first epoch, with tracing", "s"),
    "epoch_s": ("each further epoch", "s"),
    "fit_s": ("whole training", "s"),
    "fit_peak_rss_mb": ("peak RSS", "MB"),
}
LEAST_RATIOS = {"epoch_s": 2.0, "fit_peak_rss_mb": 4.0}
MOST_MB = 2500.0
"""What a training with 469 tags may take; the original is killed at 22,900 MB."""

SCORES = {"intent_accuracy": "intent accuracy", "entity_f1": "entity F1"}
_WORDS = {True: "met", False: "**not met**"}


def write_report(results: Path, path: Path) -> None:
    """Replace what stands between `<!-- NAME -->` and `<!-- end of NAME -->`.

    Args:
        results: folder with the kept runs.
        path: docs/performance.md; its marks name the measurements.

    Raises:
        ValueError: a mark is missing.
    """
    text = path.read_text(encoding="utf-8")
    for name, section in SECTIONS.items():
        documents = read_records(results, name)
        command = f"Not measured yet: `python benchmarks/training.py {name}`."
        text = filled(text, name, section(documents) if documents else command)
    path.write_text(text, encoding="utf-8")


def filled(text: str, name: str, content: str) -> str:
    """Return a text with the content between the marks of this name.

    Raises:
        ValueError: the text has not both marks, once.
    """
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    parts = re.split(f"{re.escape(begin)}.*?{re.escape(end)}", text, flags=re.DOTALL)
    if len(parts) != 2:
        raise ValueError(f"docs/performance.md should have the marks {begin} and {end} once.")
    return f"{parts[0]}{begin}\n{content}\n{end}{parts[1]}"


def speed_section(documents: Sequence[Document]) -> str:
    """Return a table for each training: both systems, their ratio, and what is expected of it."""
    found = groups(documents[0])
    ours = [group for group in found if group.system == ONNLU]
    return "\n\n".join([origin(documents[0]), *(_speed_table(group, found) for group in ours)])


def growth_section(documents: Sequence[Document]) -> str:
    """Return a plot, and a table with a row for each size."""
    parts = [origin(documents[0]), "![Cost as work grows](images/training-growth.svg)"]
    return "\n\n".join([*parts, _generated_table(groups(documents[0]))])


def many_tags_section(documents: Sequence[Document]) -> str:
    """Return a table, and whether the memory is what is expected."""
    found = groups(documents[0])
    rows = [
        [
            f"{_training(group)}: peak RSS below {MOST_MB:.0f} MB",
            f"{significant(group.figures['fit_peak_rss_mb'])} MB",
            _WORDS[not group.killed and group.figures["fit_peak_rss_mb"] < MOST_MB],
        ]
        for group in found
        if group.system == ONNLU
    ]
    expected = table(["expected", "found", ""], rows)
    return "\n\n".join([origin(documents[0]), _generated_table(found), expected])


def quality_section(documents: Sequence[Document]) -> str:
    """Return for each data set a plot, the scores, and how ours compare with the others'."""
    found = newest_groups(documents)
    parts = [origin(document) for document in documents if _is_used(document, found)]
    for data in dict.fromkeys(group.data for group in found):
        of_data = [group for group in found if group.data == data]
        plot = f"![Quality by time on {data}](images/{quality_plot_name(data)})"
        parts += [f"**{data}**", plot, _score_table(of_data), _score_expectations(of_data)]
    return "\n\n".join(part for part in parts if part)


SECTIONS: Mapping[str, Callable[[Sequence[Document]], str]] = {
    "speed": speed_section,
    "quality": quality_section,
    "many-tags": many_tags_section,
    "growth": growth_section,
}


def origin(document: Document) -> str:
    """Return when, where and on what a document was measured, and how busy the machine was."""
    machine = document["machine"]
    changed = ", with uncommitted changes" if document["dirty"] else ""
    # What the reference data keeps was not measured in this run.
    loads = [run["load_before"] for run in document["runs"] if "load_before" in run] or ["unknown"]
    versions = "; ".join(
        f"{NAMES[system]}: " + ", ".join(f"{name} {v}" for name, v in sorted(found.items()))
        for system, found in document["versions"].items()
    )
    return (
        f"Measured {document['date']}, commit {document['commit']}{changed}; {machine['cpu']}, "
        f"{machine['cores']} cores, {machine['ram_gb']} GB; load before a run {min(loads)} to "
        f"{max(loads)}. {versions}."
    )


def quality_plot_name(data: str) -> str:
    """Return the file with the plot of a data set.

    >>> quality_plot_name("HWU64 fold 1")
    'training-quality-hwu64-fold-1.svg'
    """
    return f"training-quality-{re.sub('[^a-z0-9]+', '-', data.lower())}.svg"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; nothing without rows."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) if rows else ""


def _speed_table(ours: Group, found: Sequence[Group]) -> str:
    others = [group for group in found if group.system == ORIGINAL and _same_task(group, ours)]
    original = others[0].figures if others else {}
    times = ratios(ours.figures, original)
    rows = [
        [
            title,
            _cell(ours.figures, name, unit),
            _cell(original, name, unit),
            significant(times[name]) if name in times else "",
            _expected_ratio(name, times),
        ]
        for name, (title, unit) in COSTS.items()
    ]
    rounds = f"{len(ours.runs)} trainings each" if len(ours.runs) > 1 else "1 training each"
    title = f"**{ours.data}**, {ours.config}, {ours.epochs} epochs, medians of {rounds}:"
    return f"{title}\n\n{table(['figure', 'onnlu', 'Rasa', 'Rasa / onnlu', 'expected'], rows)}"


def _expected_ratio(name: str, times: Mapping[str, float]) -> str:
    if name not in LEAST_RATIOS:
        return ""
    met = _WORDS[times[name] >= LEAST_RATIOS[name]] if name in times else NOT_MEASURED
    return f"at least {LEAST_RATIOS[name]:.0f}: {met}"


def _generated_table(found: Sequence[Group]) -> str:
    rows = [
        [
            NAMES[group.system],
            f"{group.runs[0]['utterances']:,}",
            str(group.runs[0]["tags"]),
            *(_cell(group.figures, name, unit) for name, (_, unit) in COSTS.items()),
        ]
        for group in found
    ]
    for row, group in zip(rows, found, strict=True):
        if group.killed:
            row[-1] += ", then killed"
    titles = (title for title, _ in COSTS.values())
    return table(["system", "utterances", "BILOU tags", *titles], rows)


def _score_table(found: Sequence[Group]) -> str:
    rows = [
        [
            NAMES[group.system],
            group.config,
            str(group.epochs or ""),
            str(len(group.runs)),
            *(_score_cell(group, name) for name in SCORES),
            _cell(group.figures, "fit_s", "s"),
            group.document["commit"] if "load_before" in group.runs[0] else "kept before",
        ]
        for group in found
    ]
    head = ["system", "pipeline", "epochs", "trainings", *SCORES.values(), "fit", "commit"]
    return table(head, rows)


def _score_cell(group: Group, name: str) -> str:
    values = [run["scores"][name] for run in group.runs if "scores" in run]
    if not values:
        return "killed"
    spread = f" ({min(values):.4f} to {max(values):.4f})" if len(values) > 1 else ""
    return f"{group.scores[name]:.4f}{spread}"


def _score_expectations(found: Sequence[Group]) -> str:
    """Return how ours compare with the original after as many epochs, and the linear model."""
    rows = []
    for ours in found:
        for other in found:
            comparable = other.system == LINEAR or (
                other.system == ORIGINAL and _same_task(other, ours)
            )
            if ours.system == ONNLU and comparable and ours.scores and other.scores:
                rows += [_score_expectation(ours, other, name) for name in SCORES]
    return table(["expected", "found", ""], rows)


def _score_expectation(ours: Group, other: Group, name: str) -> list[str]:
    wanted, score = other.scores[name], ours.scores[name]
    expected = f"{_training(ours)}: {SCORES[name]} at least the {_possessive(other)} {wanted:.4f}"
    return [expected, f"{score:.4f}{_reached(ours, name, wanted)}", _WORDS[score >= wanted]]


def _reached(ours: Group, name: str, wanted: float) -> str:
    """Return when the mean over the seeds was first as good; nothing if it never was."""
    for point in ours.curve:
        if point[name] >= wanted:
            return f", {wanted:.4f} after {significant(point['wall_s'])} s"
    return ""


def _possessive(group: Group) -> str:
    return "linear model's" if group.system == LINEAR else "original's"


def _training(group: Group) -> str:
    return f"{group.config}, {group.epochs} epochs"


def _same_task(one: Group, other: Group) -> bool:
    return (one.data, one.config, one.epochs) == (other.data, other.config, other.epochs)


def _is_used(document: Document, found: Sequence[Group]) -> bool:
    return any(group.document is document for group in found)


def _cell(figures: Mapping[str, Any], name: str, unit: str) -> str:
    return f"{significant(figures[name])} {unit}" if name in figures else NOT_MEASURED
