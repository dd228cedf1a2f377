"""What a benchmark leaves: a JSON document that a later one can be compared with."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from onnlu.benchmark.estimates import Estimate
from onnlu_engine.errors import InvalidDataException

FORMAT = "onnlu-bench/1"


@dataclass(frozen=True)
class Benchmark:
    """A benchmark and what it was made on.

    Attributes:
        model: `path`, `model_id` and `bytes` of the model.
        texts: `source`, `count` and `digest` of the texts.
        settings: `device`, `fallback`, `threads` and `quick`.
        machine: `cpu`, `features`, `cores`, `system` and `load_before`.
        versions: name -> version.
        created: UTC, "2026-11-22T10:00:00Z".
        figures: name -> estimate; the unit stands in the name, a megabyte is 10^6 bytes.
    """

    model: dict[str, Any]
    texts: dict[str, Any]
    settings: dict[str, Any]
    machine: dict[str, Any]
    versions: dict[str, str]
    created: str
    figures: dict[str, Estimate]

    def to_json(self) -> dict[str, Any]:
        """Return the document."""
        figures = {name: estimate._asdict() for name, estimate in self.figures.items()}
        return {"format": FORMAT, **asdict(self), "figures": figures}


def texts_digest(texts: Sequence[str]) -> str:
    """Return what stands for texts and their order."""
    return hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()


def read_benchmark(path: Path) -> Benchmark:
    """Read what `onnlu bench --json` wrote.

    Raises:
        InvalidDataException: the file holds something else.
        OSError: it cannot be read.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document.pop("format") != FORMAT:
            raise ValueError(f"it is not of the format {FORMAT}")
        document.pop("against", None)  # what that one was compared with itself
        figures = {name: _estimate(value) for name, value in document.pop("figures").items()}
        found = Benchmark(**document, figures=figures)
        found.texts["digest"], found.model["model_id"]  # what a comparison needs
        for part in (found.texts, found.model, found.settings, found.machine, found.versions):
            part.items()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidDataException(
            f"{path} is no benchmark: {error}. Write one with: onnlu bench MODEL --json > {path}"
        ) from error
    return found


def _estimate(document: Any) -> Estimate:
    estimate = Estimate(**document)
    for number in estimate:
        if number is not None and not math.isfinite(number):
            raise ValueError(f"{number!r} is no figure")
    return estimate
