"""Draws what is kept of serving: latency by length, throughput by batch size and by callers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator
from plot_style import BLUE, GREEN, INK, ORANGE, STYLE, saved
from serving_record import newest

_BATCHES = r"texts_per_s_in_batches_of_(\d+)"
_CALLERS = r"requests_per_s_with_(\d+)_callers?"
_CALLERS_PER_CORE = r"requests_per_s_per_core_with_(\d+)_callers?"

Figures = Mapping[str, Mapping[str, float | None]]
"""Name to value, low and high, as `onnlu bench --json` has them."""


def draw(results: Path, images: Path) -> Iterator[Path]:
    """Draw what was measured last, and yield the files.

    Args:
        results: folder with the kept results.
        images: folder to draw into.
    """
    images.mkdir(parents=True, exist_ok=True)
    if document := newest(results, "length"):
        yield saved(length_figure(document["length"]), images / "serving-length.svg")
    if document := newest(results, "bench"):
        figures = document["bench"]["figures"]
        yield saved(batch_figure(figures), images / "serving-batch.svg")
        yield saved(callers_figure(figures), images / "serving-callers.svg")


def length_figure(found: list[dict[str, float]]) -> Figure:
    """Return latency by the number of tokens, and the parts of its median."""
    lines = {
        "parse_p95_ms": ("parse, p95", BLUE, ":"),
        "parse_p50_ms": ("parse, median", BLUE, "-"),
        "graph_p50_ms": ("of that the graph", ORANGE, "--"),
        "around_p50_ms": ("of that around the graph", GREEN, "--"),
    }
    tokens = [point["tokens"] for point in found]
    with mpl.rc_context(STYLE):
        figure, axes = _plot("tokens of the text", "milliseconds")
        for name, (label, colour, dash) in lines.items():
            values = [point[name] for point in found]
            axes.plot(tokens, values, dash, marker=".", color=colour, label=label)
        _doubling(axes, tokens)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.legend(frameon=False)
    return figure


def batch_figure(figures: Figures) -> Figure:
    """Return texts a second of `parse_batch`, by the size of the batch."""
    with mpl.rc_context(STYLE):
        figure, axes = _plot("texts of a batch, one caller", "texts a second")
        _doubling(axes, _line(axes, figures, _BATCHES, BLUE, "parse_batch"))
        axes.set_ylim(bottom=0)
    return figure


def callers_figure(figures: Figures) -> Figure:
    """Return requests a second, by the callers of `parse` side by side."""
    with mpl.rc_context(STYLE):
        figure, axes = _plot("callers side by side", "requests a second")
        _line(axes, figures, _CALLERS_PER_CORE, ORANGE, "for each core in use")
        _doubling(axes, _line(axes, figures, _CALLERS, BLUE, "all"))
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
    return figure


def points(figures: Figures, pattern: str) -> list[tuple[int, Any]]:
    """Return (number in the name, estimate) of the figures of a pattern, by number.

    >>> points({"a_8": {"value": 2.0}, "a_1": {"value": 1.0}, "b_3": {}}, r"a_([0-9]+)")
    [(1, {'value': 1.0}), (8, {'value': 2.0})]
    """
    found = [
        (int(match[1]), estimate)
        for name, estimate in figures.items()
        if (match := re.fullmatch(pattern, name))
    ]
    return sorted(found, key=lambda point: point[0])


def _plot(x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def _line(axes: Axes, figures: Figures, pattern: str, colour: str, label: str) -> list[int]:
    """Draw the figures of a pattern with their intervals, and return where they are."""
    found = points(figures, pattern)
    numbers = [number for number, _ in found]
    axes.plot(numbers, [e["value"] for _, e in found], marker="o", color=colour, label=label)
    known = [(number, e["low"], e["high"]) for number, e in found if None not in e.values()]
    if known:
        axes.vlines(*zip(*known, strict=True), color=INK, linewidth=1)
    return numbers


def _doubling(axes: Axes, numbers: list[int] | list[float]) -> None:
    """Let each doubling be as wide as the others, with marks at some numbers."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(numbers)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
