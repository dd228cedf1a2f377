"""What a benchmark found, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

NOT_MEASURED = "not measured"


class Row(NamedTuple):
    """One figure of the table."""

    name: str
    title: str
    unit: str


ROWS = (
    Row("parse_p50_ms", "parse, p50", "ms"),
    Row("parse_p95_ms", "parse, p95", "ms"),
    Row("parse_p99_ms", "parse, p99", "ms"),
    Row("cold_start_s", "cold start, exec to first parse", "s"),
    Row("cold_rss_mb", "RSS after the first parse", "MB"),
    Row("rss_mb", "RSS after all texts", "MB"),
    Row("peak_rss_mb", "peak RSS, serving", "MB"),
    Row("site_packages_mb", "`site-packages` without pip", "MB"),
    Row("bulk_texts_per_s", "`parse_batch` of all texts, one thread", "texts/s"),
    Row("text_ms", "a text: `parse_batch` on all cores; Rasa one by one", "ms"),
    Row("first_epoch_s", "first epoch, with tracing", "s"),
    Row("epoch_s", "each further epoch", "s"),
    Row("fit_s", "whole training", "s"),
    Row("fit_peak_rss_mb", "peak RSS, training", "MB"),
)


class Expectation(NamedTuple):
    """What is expected of a figure, or of a ratio."""

    title: str
    name: str
    of: str  # "onnlu" or "ratios"
    least: float | None = None
    below: float | None = None


EXPECTATIONS = (
    Expectation("parse p50 at least 25 times faster", "parse_p50_ms", "ratios", least=25.0),
    Expectation("cold start below 0.3 s", "cold_start_s", "onnlu", below=0.3),
    Expectation("RSS at most 1/14", "rss_mb", "ratios", least=14.0),
    Expectation("`parse_batch` at least 35 times the rate", "text_ms", "ratios", least=35.0),
)


def met(expectation: Expectation, results: Mapping[str, Any]) -> bool | None:
    """Return whether an expectation is met; None where its figure was not measured."""
    value = _expected_value(expectation, results)
    if value is None:
        return None
    if expectation.least is not None:
        return value >= expectation.least
    return expectation.below is not None and value < expectation.below


def markdown(results: Mapping[str, Any]) -> str:
    """Return the whole report.

    Args:
        results: as run.py writes them.
    """
    parts = [_heading(results), _table(results), _expected(results)]
    if results["profile"]:
        parts.append(_profile(results["profile"]))
    return "\n\n".join(parts) + "\n"


def _heading(results: Mapping[str, Any]) -> str:
    machine, data, method = results["machine"], results["data"], results["method"]
    changed = ", with uncommitted changes" if results["dirty"] else ""
    lines = [
        f"# Benchmark of {results['date']}, commit {results['commit']}{changed}",
        "",
        f"{machine['cpu']}, {machine['cores']} cores, {machine['ram_gb']} GB, {machine['system']}; "
        f"load {machine['load_before']} before.",
        "",
        f"Data: {data['name']}, {data['texts']} texts. Every process parses each of them "
        f"{method['passes']} times, one by one; medians of {method['rounds']} processes each, "
        "taken in turns. One thread for onnlu, as many as TensorFlow chooses for Rasa. "
        "1 MB is 10^6 bytes.",
        "",
        *[f"- {line}" for line in _systems(results)],
    ]
    return "\n".join(lines)


def _systems(results: Mapping[str, Any]) -> list[str]:
    lines = []
    for key, name in (("onnlu", "onnlu"), ("original", "Rasa")):
        system = results[key]
        if system is None:
            lines.append(f"{name}: {NOT_MEASURED}; set RASA_PYTHON to an interpreter that has it")
            continue
        versions = ", ".join(f"{k} {v}" for k, v in sorted(system["versions"].items()))
        lines.append(f"{name}: {system['model']}; {versions}")
    return lines


def _table(results: Mapping[str, Any]) -> str:
    original = results["original"]
    version = original["versions"]["rasa"] if original else "3.6"
    lines = [f"| figure | onnlu | Rasa {version} | Rasa / onnlu |", "| --- | --- | --- | --- |"]
    for row in ROWS:
        cells = [
            _cell(results["onnlu"]["figures"].get(row.name), row.unit),
            _cell(original["figures"].get(row.name) if original else None, row.unit),
            significant(results["ratios"][row.name]) if row.name in results["ratios"] else "",
        ]
        lines.append(f"| {row.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _expected(results: Mapping[str, Any]) -> str:
    words = {True: "met", False: "**not met**", None: NOT_MEASURED}
    lines = ["| expected | found | |", "| --- | --- | --- |"]
    for expectation in EXPECTATIONS:
        value = _expected_value(expectation, results)
        found = "" if value is None else significant(value)
        lines.append(f"| {expectation.title} | {found} | {words[met(expectation, results)]} |")
    return "\n".join(lines)


def _expected_value(expectation: Expectation, results: Mapping[str, Any]) -> float | None:
    figures = results["ratios"] if expectation.of == "ratios" else results["onnlu"]["figures"]
    value: float | None = figures.get(expectation.name)
    return value


def _profile(profile: Mapping[str, Any]) -> str:
    whole = profile["whole_us"]
    lines = [
        f"Where the {whole:.0f} microseconds of one `parse` go (means over all texts):",
        "",
        "| part | microseconds | share |",
        "| --- | --- | --- |",
        *[
            f"| {name} | {time:.1f} | {time / whole:.0%} |"
            for name, time in profile["parts_us"].items()
        ],
        "",
        "The graph's longest operators by ONNX Runtime's profiler, which slows them down:",
        "",
        "| operator | microseconds |",
        "| --- | --- |",
        *[f"| {name} | {time:.1f} |" for name, time in profile["operators_us"].items()],
    ]
    return "\n".join(lines)


def _cell(value: float | None, unit: str) -> str:
    return NOT_MEASURED if value is None else f"{significant(value)} {unit}"


def significant(value: float) -> str:
    """Return three significant digits, and all digits before the point.

    >>> significant(0.51234), significant(10.04), significant(1446.2)
    ('0.512', '10.0', '1446')
    """
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    digits = 2
    for limit in (10, 1, 0.1, 0.01):
        if abs(value) >= limit:
            break
        digits += 1
    return f"{value:.{digits - 1}f}"
