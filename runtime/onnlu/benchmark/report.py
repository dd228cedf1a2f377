"""A benchmark as text."""

from __future__ import annotations

from collections.abc import Sequence

from onnlu.benchmark.comparison import Change
from onnlu.benchmark.document import Benchmark
from onnlu.benchmark.estimates import Estimate


def heading(benchmark: Benchmark) -> dict[str, str]:
    """Return what was measured, on what, by name."""
    machine, settings, texts = benchmark.machine, benchmark.settings, benchmark.texts
    return {
        "model": f"{benchmark.model['path']}, {benchmark.model['bytes'] / 1e6:.1f} MB",
        "digest": f"sha256:{benchmark.model['model_id']}",
        "texts": f"{texts['count']} of {texts['source']}",
        "device": f"{settings['device']}, threads: {settings['threads']}",
        "machine": f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_before']}",
        "versions": ", ".join(f"{name} {v}" for name, v in benchmark.versions.items()),
    }


def figure_lines(benchmark: Benchmark) -> list[str]:
    """Return a line for each figure: its name, its value, its interval."""
    rows = [
        [name, _number(figure.value), _interval(figure)]
        for name, figure in benchmark.figures.items()
    ]
    return _table([["", "value", "95 % interval"], *rows])


def change_lines(found: Sequence[Change]) -> list[str]:
    """Return a line for each figure that two benchmarks have."""
    rows = [
        [c.name, _number(c.old.value), _number(c.new.value), f"{c.ratio:.2f}", c.verdict]
        for c in found
    ]
    return _table([["", "then", "now", "then/now", ""], *rows])


def _interval(estimate: Estimate) -> str:
    low, high = (_number(end) if end is not None else "?" for end in estimate[1:])
    return f"{low} - {high}"


def _number(value: float) -> str:
    """Return a number with three significant digits, in full.

    >>> _number(0.012345), _number(12345.6)
    ('0.0123', '12,346')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
