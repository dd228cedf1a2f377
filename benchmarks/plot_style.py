"""How plots look: SVG that can be read on a light and on a dark page."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

# The page shows through, so each of these has to stand out from white and from black.
INK = "#767676"
BLUE, ORANGE, GREEN = "#2f7fd0", "#c9622b", "#2f8f4e"

STYLE = {
    "svg.fonttype": "none",  # text stays text, in the reader's font
    "svg.hashsalt": "benchmarks",  # the same figures give the same file
    "font.size": 10,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    **dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK
    ),
    "grid.color": INK,
}


def saved(figure: Figure, path: Path) -> Path:
    """Write a figure, and return where."""
    with mpl.rc_context(STYLE):
        figure.savefig(path, transparent=True, metadata={"Date": None})
    return path
