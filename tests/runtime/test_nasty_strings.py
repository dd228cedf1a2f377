"""Any string gives a result or a typed error: alone, in a batch, and on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import onnlu

NASTY: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("nasty_strings.json").read_text(encoding="utf-8")
)
STRINGS = [text for texts in NASTY.values() for text in texts]


@pytest.fixture(scope="module")
def nlu(exported_model: Path) -> onnlu.NLU:
    return onnlu.load(exported_model, device="cpu")


def checked(result: onnlu.ParseResult, text: str) -> dict[str, Any]:
    """Return a result as JSON, after a look at whether it is one of this text."""
    document: dict[str, Any] = json.loads(json.dumps(result.to_dict()))
    assert document["text"] == text
    assert all(0 <= start <= end <= len(text) for start, end in document["text_tokens"])
    for label in [document["intent"], *document["intent_ranking"]]:
        assert 0 <= label["confidence"] <= 1 + 1e-5
    for entity in document["entities"]:
        assert 0 <= entity["start"] <= entity["end"] <= len(text)
    return document


@pytest.mark.parametrize("kind", NASTY)
def test_a_nasty_string_gives_a_result_or_a_typed_error(nlu: onnlu.NLU, kind: str) -> None:
    for text in NASTY[kind]:
        try:
            checked(nlu.parse(text), text)
        except onnlu.TextTooLongException:
            assert len(text) > 1_000
        shortened = nlu.parse(text, on_too_long="truncate")
        checked(shortened, shortened.text)
        assert text.startswith(shortened.text)


def test_a_batch_of_all_of_them_decides_as_one_by_one(nlu: onnlu.NLU) -> None:
    results = nlu.parse_batch(STRINGS, on_too_long="truncate")

    assert len(results) == len(STRINGS)
    for text, result in zip(STRINGS, results, strict=True):
        alone = nlu.parse(text, on_too_long="truncate")
        assert (result.text, result.text_tokens) == (alone.text, alone.text_tokens)
        assert result.intent.confidence == pytest.approx(alone.intent.confidence, abs=1e-5)
        if margin(alone) > 1e-4:
            assert result.intent.name == alone.intent.name


def margin(result: onnlu.ParseResult) -> float:
    """Return how much surer the model is of the first intent than of the second."""
    sure = [intent.confidence for intent in result.intent_ranking] + [0.0]
    return sure[0] - sure[1]


def test_the_command_answers_each_of_them(exported_model: Path, tmp_path: Path) -> None:
    source = tmp_path / "nasty.jsonl"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in STRINGS))
    code = "from onnlu.cli import main; main()"
    options = ["--input", str(source), "--on-too-long", "truncate", "--device", "cpu"]

    done = subprocess.run(
        [sys.executable, "-c", code, "parse", str(exported_model), *options],
        capture_output=True,
        text=True,
        check=False,
    )

    found = [json.loads(line)["text"] for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert len(found) == len(STRINGS)
    assert all(text.startswith(start) for text, start in zip(STRINGS, found, strict=True))
    assert "Traceback" not in done.stderr


@given(st.text())
@example("\x00\ud800")
def test_any_text_gives_a_result(nlu: onnlu.NLU, text: str) -> None:
    checked(nlu.parse(text), text)


@given(st.lists(st.text() | st.sampled_from(STRINGS[:60]), max_size=12))
def test_any_batch_gives_a_result_for_each(nlu: onnlu.NLU, texts: list[str]) -> None:
    for text, result in zip(texts, nlu.parse_batch(texts), strict=True):
        checked(result, text)
