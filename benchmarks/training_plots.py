"""Draws what is kept of trainings, as SVG that can be read on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from plot_style import BLUE, GREEN, ORANGE, STYLE, saved
from training_groups import Group, groups, newest_groups
from training_record import read_records
from training_report import NAMES, SCORES, quality_plot_name
from training_systems import LINEAR, ONNLU, ORIGINAL

GROWTH_PLOT = "training-growth.svg"

COLOURS = {ONNLU: BLUE, ORIGINAL: ORANGE, LINEAR: GREEN}
_DASHES = ("-", "--", ":", "-.")


def draw(results: Path, images: Path) -> Iterator[Path]:
    """Draw what has been measured, and yield the files.

    Args:
        results: folder with the kept runs.
        images: folder to draw into.
    """
    images.mkdir(parents=True, exist_ok=True)
    if documents := read_records(results, "growth"):
        yield saved(growth_figure(groups(documents[0])), images / GROWTH_PLOT)
    found = newest_groups(read_records(results, "quality"))
    for data in dict.fromkeys(group.data for group in found):
        of_data = [group for group in found if group.data == data]
        yield saved(quality_figure(data, of_data), images / quality_plot_name(data))


def growth_figure(found: Sequence[Group]) -> Figure:
    """Return seconds an epoch and memory, by utterances (left) and by tags (right)."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 6), layout="constrained")
        panels = figure.subplots(2, 2, sharex="col", sharey="row")
        for column, (axis, other) in enumerate((("utterances", "tags"), ("tags", "utterances"))):
            line = _line(found, axis, other)
            _growth_panel(panels[0][column], line, axis, "epoch_s", 1.0)
            _growth_panel(panels[1][column], line, axis, "fit_peak_rss_mb", 1000.0)
            fixed = f"{line[0].runs[0][other]:,} {_AXES[other]}" if line else ""
            panels[0][column].set_title(f"with {fixed}", loc="left", fontsize=10)
            panels[1][column].set_xlabel(_AXES[axis])
        for axes in panels.flat:
            axes.set_xlim(left=0)
            axes.set_ylim(bottom=0)
        panels[0][0].set_ylabel("seconds an epoch")
        panels[1][0].set_ylabel("peak RSS, GB")
    return figure


def quality_figure(data: str, found: Sequence[Group]) -> Figure:
    """Return scores by wall time of all systems: a line where there are epochs, else a point."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 4), layout="constrained")
        for axes, (name, title) in zip(figure.subplots(1, 2), SCORES.items(), strict=True):
            for group, dash in zip(found, _dashes(found), strict=True):
                _draw_quality(axes, group, name, dash)
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_major_formatter("{x:,.0f}")
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_xlabel("seconds since the training began")
            axes.set_title(f"{data}: {title}", loc="left", fontsize=10)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return figure


_AXES = {"utterances": "utterances", "tags": "BILOU tags"}


def _line(found: Sequence[Group], axis: str, other: str) -> list[Group]:
    """Return what onnlu takes along one axis, sorted, where the other one has its usual value."""
    ours = [group for group in found if group.system == ONNLU]
    values = [group.runs[0][other] for group in ours]
    usual = max(values, key=values.count, default=None)
    line = [group for group in ours if group.runs[0][other] == usual]
    return sorted(line, key=lambda group: group.runs[0][axis])


def _growth_panel(axes: Axes, line: Sequence[Group], axis: str, name: str, divisor: float) -> None:
    sizes = [group.runs[0][axis] for group in line]
    values = [group.figures.get(name, float("nan")) / divisor for group in line]
    axes.plot(sizes, values, marker="o", color=COLOURS[ONNLU])
    axes.xaxis.set_major_formatter("{x:,.0f}")


def _draw_quality(axes: Axes, group: Group, name: str, dash: str) -> None:
    label = _label(group)
    style = {"color": COLOURS[group.system], "label": label}
    for run in group.runs if len(group.runs) > 1 else ():
        curve = run.get("curve", ())
        points = [(point["wall_s"], point[name]) for point in curve]
        axes.plot(*zip(*points, strict=True), color=style["color"], alpha=0.25, linewidth=1)
    if group.curve:
        points = [(point["wall_s"], point[name]) for point in group.curve]
        axes.plot(*zip(*points, strict=True), dash, marker=".", **style)
    elif group.scores:
        axes.plot(group.figures["fit_s"], group.scores[name], "D", linestyle="none", **style)


def _dashes(found: Sequence[Group]) -> list[str]:
    """Return a kind of line for each group, another one for each of the same system."""
    counts = dict.fromkeys(NAMES, 0)
    dashes = []
    for group in found:
        dashes.append(_DASHES[counts[group.system] % len(_DASHES)])
        counts[group.system] += 1
    return dashes


def _label(group: Group) -> str:
    if group.system == LINEAR:
        return NAMES[LINEAR]
    return f"{NAMES[group.system]}, {group.config}, {group.epochs} epochs"
