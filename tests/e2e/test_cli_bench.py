"""`onnlu bench`: the figures, and what they are compared with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .commands import Run

UNITS = ("_ms", "_per_s", "_mb")


@pytest.mark.slow
def test_a_benchmark_is_one_document_and_can_be_compared(
    run: Run, exported_model: Path, tmp_path: Path
) -> None:
    earlier = tmp_path / "earlier.json"
    first = run("onnlu", "bench", exported_model, "--quick", "--device", "cpu", "--json")
    assert first.code == 0
    earlier.write_text(first.out, encoding="utf-8")
    document = json.loads(first.out)
    assert document["settings"]["device"] == "cpu"
    assert document["texts"]["source"] == "the model's golden texts"
    for name, figure in document["figures"].items():
        assert any(unit in name for unit in UNITS)
        assert figure["value"] > 0
    for name in ("parse_p50_ms", "cold_start_ms", "requests_per_s_per_core_with_32_callers"):
        figure = document["figures"][name]
        assert figure["low"] <= figure["value"] <= figure["high"]
    assert all(line.startswith("measuring: ") for line in first.err.splitlines())

    second = run("onnlu", "bench", exported_model, "--quick", "--against", earlier)
    assert second.code == 0
    assert f"against the benchmark of {document['created']}" in second.out
    assert "then/now" in second.out


def test_other_texts_than_the_earlier_ones_are_3(
    run: Run, exported_model: Path, tmp_path: Path
) -> None:
    texts, earlier = tmp_path / "texts.txt", tmp_path / "earlier.json"
    texts.write_text("hello\n")
    parts = {key: {} for key in ("settings", "machine", "versions", "figures")}
    about = {"model": {"model_id": ""}, "texts": {"digest": "other", "count": 3, "source": "old"}}
    earlier.write_text(json.dumps({"format": "onnlu-bench/1", "created": "", **parts, **about}))

    done = run("onnlu", "bench", exported_model, "--input", texts, "--against", earlier, "--json")

    assert done.code == json.loads(done.out)["error"]["exit_code"] == 3
    assert "The earlier benchmark parsed other texts (3 of old)." in done.err
    assert "measuring" not in done.err


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "No such file"),
        ("", "holds no text"),
        ("a\n" + "b" * 20_000, "texts.txt:2: A text of 20000 ch"),
    ],
)
def test_texts_that_cannot_be_parsed_are_an_error(
    run: Run, exported_model: Path, tmp_path: Path, content: str | None, problem: str
) -> None:
    texts = tmp_path / "texts.txt"
    if content is not None:
        texts.write_text(content)

    done = run("onnlu", "bench", exported_model, "--input", texts, "--quick")

    assert done.code in (1, 3)
    assert problem in done.err
    assert done.out == ""


def test_a_trained_model_is_not_measured(run: Run, trained_model: Path) -> None:
    assert run("onnlu", "bench", trained_model, "--quick").code == 5
