"""What the commands that write reports share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from onnlu.cli.options import PATH

report_out_option = click.option(
    "--out", type=PATH, required=True, metavar="DIRECTORY", help="Where the reports go."
)
report_overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace the report that is there."
)
successes_option = click.option(
    "--successes", is_flag=True, help="Write the messages that came out right too."
)


def summary(figures: Mapping[str, Any]) -> dict[str, str]:
    """Return the key figures as named lines for a terminal."""
    facts = {"messages": str(figures["messages"])}
    if intents := figures.get("intents"):
        fallback = intents["fallback"]
        facts["intents"] = _classification(intents)
        facts["calibration"] = f"expected error {intents['expected_calibration_error']:.3f}"
        facts["fallback"] = (
            f"below {fallback['threshold']:g}: {fallback['below_threshold']:.1%}, "
            f"ambiguous: {fallback['ambiguous']:.1%}"
        )
        if fallback["accuracy_of_rest"] is not None:
            facts["fallback"] += f"; accuracy of the rest {fallback['accuracy_of_rest']:.3f}"
    if responses := figures.get("responses"):
        facts["responses"] = _classification(responses)
    if entities := figures.get("entities"):
        facts["entities"] = _entities(entities)
    for name, extractor in figures.get("extractors", {}).items():
        facts[f"  {name}"] = _entities(extractor)
    return facts


def report_line(out: Path) -> dict[str, str]:
    """Return where the report is, as a named line."""
    return {"report": str(out / "report.html")}


def _classification(figures: Mapping[str, float]) -> str:
    return f"accuracy {figures['accuracy']:.3f}, macro F1 {figures['macro_f1']:.3f}"


def _entities(figures: Mapping[str, float]) -> str:
    return (
        f"precision {figures['precision']:.3f}, recall {figures['recall']:.3f}, "
        f"F1 {figures['f1']:.3f}; F1 of overlaps {figures['overlap_f1']:.3f}"
    )
