"""The arithmetic of the benchmark of serving, and what its report claims; no times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .scripts import module

figures = module("figures")
report = module("report")

MEASURED = {
    "parse_p50_ms": 0.5,
    "cold_start_s": 0.2,
    "rss_mb": 80.0,
    "text_ms": 0.2,
    "epoch_s": 60.0,
}


def results(ours: dict[str, float], original: dict[str, float] | None) -> dict[str, Any]:
    """Return what run.py would write."""

    def system(found: dict[str, float]) -> dict[str, Any]:
        return {"figures": found, "versions": {"rasa": "3.6.21"}, "model": "2 epochs of SNIPS"}

    return {
        "date": "2026-01-02",
        "commit": "abc1234",
        "dirty": False,
        "machine": {"cpu": "A", "cores": 2, "ram_gb": 8, "system": "Linux", "load_before": 0.1},
        "data": {"name": "SNIPS", "texts": 699},
        "method": {"rounds": 5, "passes": 3, "quick": False},
        "onnlu": system(ours),
        "original": system(original) if original else None,
        "ratios": figures.ratios(ours, original) if original else {},
        "profile": None,
    }


def row(text: str, title: str) -> list[str]:
    """Return the cells of one row of the report's tables."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {title} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=60),
    st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]),
)
def test_a_quantile_is_the_inverse_of_the_empirical_distribution(
    values: list[float], share: float
) -> None:
    assert figures.quantile(values, share) == np.quantile(values, share, method="inverted_cdf")


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.01)])
def test_a_quantile_of_nothing_is_refused(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        figures.quantile(values, share)


def test_latencies_in_seconds_become_quantiles_in_milliseconds() -> None:
    latencies = [number / 1000 for number in range(100, 0, -1)]
    assert figures.parse_figures(latencies) == pytest.approx(
        {"parse_p50_ms": 50, "parse_p95_ms": 95, "parse_p99_ms": 99}
    )


def test_the_first_epoch_does_not_count_among_the_others() -> None:
    assert figures.epoch_figures([100.0, 7.0, 5.0, 6.0]) == {"first_epoch_s": 100.0, "epoch_s": 6.0}


def test_one_epoch_says_nothing_of_further_ones() -> None:
    assert figures.epoch_figures([100.0]) == {"first_epoch_s": 100.0}


def test_a_median_takes_the_rounds_that_have_the_figure() -> None:
    rounds = [{"a": 1.0, "b": 4.0}, {"a": 9.0}, {"a": 2.0, "b": 6.0}]
    assert figures.medians(rounds) == {"a": 2.0, "b": 5.0}


def test_a_ratio_is_the_originals_figure_over_ours_where_both_are_there() -> None:
    ratios = figures.ratios({"a": 2.0, "b": 1.0}, {"a": 10.0, "c": 3.0})
    assert ratios == {"a": 5.0}


def test_without_the_original_its_column_reads_not_measured_and_no_ratio_appears() -> None:
    text = report.markdown(results(MEASURED, None))
    assert row(text, "parse, p50") == ["parse, p50", "0.500 ms", "not measured", ""]
    assert row(text, "RSS after all texts") == [
        "RSS after all texts",
        "80.0 MB",
        "not measured",
        "",
    ]


def test_with_the_original_a_row_ends_in_the_ratio() -> None:
    text = report.markdown(results(MEASURED, {"parse_p50_ms": 10.0}))
    assert row(text, "parse, p50") == ["parse, p50", "0.500 ms", "10.0 ms", "20.0"]
    assert row(text, "each further epoch") == ["each further epoch", "60.0 s", "not measured", ""]


RASA = {"parse_p50_ms": 12.5, "rss_mb": 1120.0, "text_ms": 7.0}


@pytest.mark.parametrize(
    ("ours", "original", "judged"),
    [
        ({}, RASA, [True, True, True, True]),
        ({"cold_start_s": 0.3}, RASA, [True, False, True, True]),
        ({"parse_p50_ms": 0.501}, RASA, [False, True, True, True]),
        ({"rss_mb": 81.0}, RASA, [True, True, False, True]),
        ({"text_ms": 0.201}, RASA, [True, True, True, False]),
        ({}, None, [None, True, None, None]),
    ],
)
def test_expectations_are_met_missed_or_not_measured(
    ours: dict[str, float], original: dict[str, float] | None, judged: list[bool | None]
) -> None:
    found = results(MEASURED | ours, original)
    assert [report.met(expectation, found) for expectation in report.EXPECTATIONS] == judged


def test_a_missed_expectation_is_said() -> None:
    text = report.markdown(results(MEASURED | {"cold_start_s": 1.04}, None))
    assert row(text, "cold start below 0.3 s") == ["cold start below 0.3 s", "1.04", "**not met**"]


def test_uncommitted_changes_are_said() -> None:
    found = results(MEASURED, None)
    assert "uncommitted" not in report.markdown(found)
    assert "commit abc1234, with uncommitted changes" in report.markdown(found | {"dirty": True})


def test_a_profile_gives_each_part_its_share() -> None:
    profile = {
        "whole_us": 500.0,
        "parts_us": {"tokens": 100.0, "DIET: graph": 400.0},
        "operators_us": {"Gemm": 300.0},
    }
    text = report.markdown(results(MEASURED, None) | {"profile": profile})
    assert row(text, "DIET: graph") == ["DIET: graph", "400.0", "80%"]
    assert row(text, "Gemm") == ["Gemm", "300.0"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (0.0512, "0.0512"),
        (0.4321, "0.432"),
        (9.876, "9.88"),
        (99.94, "99.9"),
        (1446.2, "1446"),
    ],
)
def test_figures_have_three_significant_digits(value: float, shown: str) -> None:
    assert report.significant(value) == shown
