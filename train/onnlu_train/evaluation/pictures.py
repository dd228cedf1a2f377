"""Confusion matrices and histograms of confidences, as PNG files."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

MOST_LABELS: Final = 100
"""A matrix with more labels would be too large to read: it shows those that are confused most."""

_DPI: Final = 110
_BINS: Final = 25
_LONGEST_LABEL: Final = 40
_RIGHT, _WRONG = "#2a6fb0", "#c2402f"


def save_confusion_matrix(
    path: Path, labels: Sequence[str], matrix: npt.NDArray[np.int64], title: str
) -> None:
    """Draw how often each label was taken for which.

    Right ones are blue, wrong ones red, and the darker the larger their share of the row is.

    Args:
        path: the PNG file to write.
        labels: of rows (right) and columns (found).
        matrix: counts; [labels, labels].
        title: of the picture.
    """
    shown = _most_confused(matrix)
    if len(shown) < len(labels):
        title = f"{title}: the {len(shown)} labels of {len(labels)} with most mistakes"
    names = [_short(labels[index]) for index in shown]
    counts = matrix[np.ix_(shown, shown)]
    cell = 0.55 if len(names) <= 10 else 0.3
    side = cell * len(names)
    figure = Figure(figsize=(side, side), dpi=_DPI)
    # The matrix is the whole figure: what stands around it is added when it is saved.
    axes = figure.add_axes((0, 0, 1, 1))
    _draw_matrix(axes, counts, font_size=8 if len(names) > 10 else 10)
    _name_axes(axes, names)
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=14)
    _save(figure, path, bbox_inches="tight", pad_inches=0.15)


def save_histogram(
    path: Path, right: Sequence[float], wrong: Sequence[float], title: str, unit: str
) -> None:
    """Draw how often the model had which confidence, where it was right and where it was wrong.

    Args:
        path: the PNG file to write.
        right: confidences of right ones.
        wrong: confidences of wrong ones.
        title: of the picture.
        unit: what is counted, such as "messages".
    """
    figure = Figure(figsize=(7.5, 4.6), dpi=_DPI, layout="constrained")
    figure.suptitle(title, fontsize=11, fontweight="bold")
    upper, lower = figure.subplots(2, 1, sharex=True)
    edges = np.linspace(0, 1, _BINS + 1)
    for axes, values, colour, name in (
        (upper, right, _RIGHT, "right"),
        (lower, wrong, _WRONG, "wrong"),
    ):
        axes.hist(values, bins=edges, color=colour, edgecolor="white", linewidth=0.5)
        axes.set_ylabel(unit)
        axes.text(0.01, 0.93, f"{name}: {len(values)}", transform=axes.transAxes, va="top")
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.set_ylim(bottom=0, top=None if values else 1)
        axes.spines[["top", "right"]].set_visible(False)
    lower.set_xlabel("confidence")
    lower.set_xlim(0, 1)
    _save(figure, path)


def _save(figure: Figure, path: Path, **options: Any) -> None:
    with warnings.catch_warnings():
        # Names in a script that matplotlib has no font for become boxes; the page shows them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(path, facecolor="white", **options)


def _most_confused(matrix: npt.NDArray[np.int64]) -> list[int]:
    """Return the indices of the labels to show, in order."""
    mistakes = matrix.sum(axis=0) + matrix.sum(axis=1) - 2 * np.diag(matrix)
    most = np.argsort(-mistakes, kind="stable")[:MOST_LABELS]
    return sorted(int(index) for index in most)


def _draw_matrix(axes: Axes, counts: npt.NDArray[np.int64], font_size: int) -> None:
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    diagonal = np.eye(len(counts), dtype=bool)
    for cells, colours in ((diagonal, "Blues"), (~diagonal, "Reds")):
        visible = np.ma.masked_where(~cells | (counts == 0), shares)
        # The palest and the darkest ends would hide a cell, or the count in it.
        axes.imshow(0.15 + 0.7 * visible, cmap=colours, vmin=0, vmax=1)
    for row, column in np.argwhere(counts):
        dark = shares[row, column] > 0.55
        axes.text(
            column,
            row,
            str(counts[row, column]),
            ha="center",
            va="center",
            fontsize=font_size if counts[row, column] < 1000 else font_size - 2,
            color="white" if dark else "black",
        )


def _name_axes(axes: Axes, names: Sequence[str]) -> None:
    ticks = np.arange(len(names))
    axes.set_xticks(ticks, names, rotation=90, fontsize=9)
    axes.set_yticks(ticks, names, fontsize=9)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("found", fontweight="bold")
    axes.set_ylabel("right", fontweight="bold")
    axes.tick_params(length=0)
    axes.set_xticks(ticks[1:] - 0.5, minor=True)
    axes.set_yticks(ticks[1:] - 0.5, minor=True)
    axes.grid(which="minor", color="#e3e3e3", linewidth=0.6)
    axes.tick_params(which="minor", length=0)
    axes.spines[:].set_color("#b0b0b0")


def _short(label: str) -> str:
    label = label or "(none)"
    if len(label) > _LONGEST_LABEL:
        label = f"{label[: _LONGEST_LABEL - 1]}…"
    # A dollar sign would begin a formula.
    return label.replace("$", r"\$")
