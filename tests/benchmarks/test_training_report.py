"""What docs/performance.md says of kept trainings, and how they are drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from .scripts import CHECKOUT, module

report = module("training_report")
plot_style = module("plot_style")
plots = module("training_plots")

FAST = {"first_epoch_s": 30.0, "epoch_s": 20.0, "fit_s": 70.0, "fit_peak_rss_mb": 700.0}
SLOW = {"first_epoch_s": 80.0, "epoch_s": 60.0, "fit_s": 200.0, "fit_peak_rss_mb": 6400.0}


def run(system: str = "onnlu", data: str = "SNIPS", **found: Any) -> dict[str, Any]:
    figures = found.get("figures", FAST)
    first, further = figures.get("first_epoch_s"), figures.get("epoch_s")
    linear = system == "linear"
    return {
        "run": {
            "data": data,
            "system": system,
            "config": "" if linear else "peers/config.yml",
            "epochs": 0 if linear else 3,
            "seed": found.pop("seed", 1),
            "round": 1,
        },
        "ended": "2026-01-02T03:04:05+00:00",
        "load_before": 0.25,
        "epochs_s": [first, further, further] if first and further else [],
        "figures": figures,
        **found,
    }


def document(*runs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "date": "2026-01-02",
        "commit": "abc1234",
        "dirty": False,
        "machine": {"cpu": "A", "cores": 2, "ram_gb": 8},
        "versions": {"onnlu": {"onnlu": "1.0"}, "original": {"rasa": "3.6.21"}},
        "runs": list(runs),
        **more,
    }


def row(text: str, *begin: str) -> list[str]:
    """Return the cells of the one row that begins with these."""
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in text.splitlines()]
    (found,) = [cells for cells in rows if cells[: len(begin)] == list(begin)]
    return found


# The page


def test_the_page_has_a_place_for_every_measurement() -> None:
    text = (CHECKOUT / "docs" / "performance.md").read_text(encoding="utf-8")
    for name in report.SECTIONS:
        assert report.filled(text, name, "found") != text


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    text = "a\n<!-- speed -->\nold\n<!-- end of speed -->\n<!-- growth -->\nb"
    once = report.filled(text, "speed", "new")
    assert once == text.replace("old", "new")
    assert report.filled(once, "speed", "new") == once


def test_a_page_without_a_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="<!-- end of speed -->"):
        report.filled("<!-- speed -->", "speed", "new")


def test_what_was_not_measured_is_said_with_its_command(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_bytes((CHECKOUT / "docs" / "performance.md").read_bytes())
    kept = document(run(utterances=1000, tags=21))
    (tmp_path / "training-growth-2026-01-02-abc1234.json").write_text(json.dumps(kept))
    report.write_report(tmp_path, page)
    text = page.read_text(encoding="utf-8")
    assert "training.py growth`" not in text
    assert "Not measured yet: `python benchmarks/training.py many-tags`" in text


def test_the_origin_of_figures_is_said() -> None:
    text = report.origin(document(run(), {**run(), "load_before": 1.5}, dirty=True))
    assert "commit abc1234, with uncommitted changes; A, 2 cores, 8 GB" in text
    assert "load before a run 0.25 to 1.5" in text
    assert "Rasa: rasa 3.6.21" in text


# The sections


def test_speed_is_shown_side_by_side_with_what_is_expected() -> None:
    text = report.speed_section([document(run(), run("original", figures=SLOW))])
    assert row(text, "each further epoch") == [
        *("each further epoch", "20.0 s", "60.0 s", "3.00", "at least 2: met"),
    ]
    assert row(text, "peak RSS") == ["peak RSS", "700 MB", "6400 MB", "9.14", "at least 4: met"]


def test_a_missed_expectation_is_said() -> None:
    figures = {**SLOW, "epoch_s": 39.9}
    text = report.speed_section([document(run(), run("original", figures=figures))])
    assert row(text, "each further epoch")[-1] == "at least 2: **not met**"


def test_without_the_original_there_is_no_ratio() -> None:
    text = report.speed_section([document(run())])
    assert row(text, "each further epoch")[2:] == ["not measured", "", "at least 2: not measured"]


def test_trainings_on_other_data_are_no_comparison() -> None:
    text = report.speed_section([document(run(), run("original", data="HWU64", figures=SLOW))])
    assert row(text, "each further epoch")[2] == "not measured"


@pytest.mark.parametrize(("peak", "judged"), [(2499.0, "met"), (2500.0, "**not met**")])
def test_many_tags_have_a_limit_of_memory(peak: float, judged: str) -> None:
    ours = run(figures={**FAST, "fit_peak_rss_mb": peak}, utterances=5000, tags=469)
    killed = run(
        "original", figures={"fit_peak_rss_mb": 22_900.0}, killed=True, utterances=5000, tags=469
    )
    text = report.many_tags_section([document(ours, killed)])
    assert row(text, "peers/config.yml, 3 epochs: peak RSS below 2500 MB")[-1] == judged
    assert row(text, "Rasa", "5,000", "469")[3:] == [
        *("not measured", "not measured", "not measured", "22900 MB, then killed")
    ]


def scored(system: str, intents: float, entities: float, seed: int = 1) -> dict[str, Any]:
    scores = {"intent_accuracy": intents, "entity_f1": entities}
    curve = [
        {"wall_s": 10.0, "intent_accuracy": intents / 2, "entity_f1": entities / 2},
        {"wall_s": 20.0, **scores},
    ]
    figures = {"fit_s": 55.0, "fit_peak_rss_mb": 314.0} if system == "linear" else FAST
    curve = [] if system == "linear" else curve
    return run(system, scores=scores, curve=curve, seed=seed, figures=figures)


QUALITY = document(
    scored("onnlu", 0.96, 0.84, seed=1),
    scored("onnlu", 0.98, 0.86, seed=2),
    scored("original", 0.97, 0.8501),
    scored("linear", 0.9714, 0.929, seed=0),
)


def test_scores_are_means_over_the_seeds_with_the_least_and_the_most() -> None:
    text = report.quality_section([QUALITY])
    assert row(text, "onnlu")[3:6] == [
        *("2", "0.9700 (0.9600 to 0.9800)", "0.8500 (0.8400 to 0.8600)")
    ]
    assert row(text, "linear model") == [
        *("linear model", "", "", "1", "0.9714", "0.9290", "55.0 s", "abc1234")
    ]


def test_scores_are_held_against_the_original_and_the_linear_model() -> None:
    text = report.quality_section([QUALITY])
    begin = "peers/config.yml, 3 epochs:"
    judged = {
        f"{begin} intent accuracy at least the original's 0.9700": "met",
        f"{begin} entity F1 at least the original's 0.8501": "**not met**",
        f"{begin} intent accuracy at least the linear model's 0.9714": "**not met**",
        f"{begin} entity F1 at least the linear model's 0.9290": "**not met**",
    }
    assert {title: row(text, title)[-1] for title in judged} == judged


# The plots


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#0d1117"])
def test_plots_stand_out_from_a_light_and_from_a_dark_page(page: str) -> None:
    assert contrast(plot_style.INK, page) > 4
    for colour in plots.COLOURS.values():
        assert contrast(colour, page) > 3


def texts(svg: Path) -> set[str]:
    found = ElementTree.parse(svg).iter("{http://www.w3.org/2000/svg}text")
    return {"".join(text.itertext()) for text in found}


def growth() -> dict[str, Any]:
    return document(
        *(
            run(data=f"{count}, {tags}", utterances=count, tags=tags)
            for count, tags in ((1000, 101), (30_000, 101), (10_000, 101), (10_000, 401))
        )
    )


@pytest.fixture
def drawn(tmp_path: Path) -> list[Path]:
    for name, found in (("growth", growth()), ("quality", QUALITY)):
        path = tmp_path / f"training-{name}-2026-01-02-abc1234.json"
        path.write_text(json.dumps(found), encoding="utf-8")
    return list(plots.draw(tmp_path, tmp_path / "images"))


def test_growth_is_drawn_along_both_axes(drawn: list[Path]) -> None:
    (plot,) = [path for path in drawn if path.name == "training-growth.svg"]
    assert texts(plot) >= {"10,000", "30,000", "100", "400", "seconds an epoch", "peak RSS, GB"}
    assert texts(plot) >= {"with 101 BILOU tags", "with 10,000 utterances"}


def test_quality_is_drawn_for_each_data_set_with_all_systems(drawn: list[Path]) -> None:
    (plot,) = [path for path in drawn if path.name == "training-quality-snips.svg"]
    assert texts(plot) >= {"SNIPS: intent accuracy", "SNIPS: entity F1", "linear model"}
    assert texts(plot) >= {f"{name}, peers/config.yml, 3 epochs" for name in ("onnlu", "Rasa")}


def test_the_same_results_give_the_same_files(drawn: list[Path], tmp_path: Path) -> None:
    before = [path.read_bytes() for path in drawn]
    list(plots.draw(tmp_path, tmp_path / "images"))
    assert [path.read_bytes() for path in drawn] == before
