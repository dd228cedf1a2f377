"""The two files that every report has."""

from __future__ import annotations

from typing import Final

FIGURES: Final = "evaluation.json"
PAGE: Final = "report.html"
