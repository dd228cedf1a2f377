"""Projects that were made for Rasa, as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from onnlu_train.data import read_training_data
from onnlu_train.recipe import read_config

from .commands import Run

PROJECT = Path(__file__).parents[1] / "rasa_project"


def trained_and_exported(run: Run, out: Path, *arguments: str | Path, **options: Any) -> Any:
    """Train to `out`/trained, export to `out`/exported, and return what the training left."""
    trained = run("trainer", "fit", *arguments, "--out", out / "trained", **options)
    assert trained.code == 0, trained.err
    exported = run("exporter", "to-onnx", out / "trained", "--out", out / "exported")
    assert exported.code == 0, exported.err
    assert run("onnlu", "verify", out / "exported").code == 0
    return trained


def parsed(run: Run, model: Path, text: str) -> dict[str, Any]:
    outcome = run("onnlu", "parse", model, text)
    assert outcome.code == 0, outcome.err
    document: dict[str, Any] = json.loads(outcome.out)
    return document


def test_a_new_project_is_read_as_it_is() -> None:
    config = read_config(PROJECT / "config.yml")
    assert config.assistant_id == "20261122-083000-plain-harbour"
    assert "FallbackClassifier" in [item.name for item in config.components]
    data = read_training_data([PROJECT / "data", PROJECT / "domain.yml"]).training_data
    assert data.intents == ["faq", "greet", "lend_book", "say_bye"]
    assert sorted(data.responses) == ["faq/ask_fee", "faq/ask_hours"]


def test_the_folder_of_a_whole_project_is_the_same_data() -> None:
    whole = read_training_data([PROJECT])
    parts = read_training_data([PROJECT / "data", PROJECT / "domain.yml"])
    assert [m.data for m in whole.training_data.examples] == [
        m.data for m in parts.training_data.examples
    ]
    assert whole.training_data.responses == parts.training_data.responses
    assert {"stories", "rules", "session_config", "pipeline"} <= whole.skipped.keys()


@pytest.mark.slow
def test_a_new_project_trains_exports_and_parses_unchanged(run: Run, tmp_path: Path) -> None:
    data = ("--config", "config.yml", "--data", "data", "domain.yml")
    trained = trained_and_exported(run, tmp_path, *data, "--seed", "1", cwd=PROJECT)
    assert "intents: 4, entity types: 1" in trained.out

    result = parsed(run, tmp_path / "exported", "is war and peace on the shelf")
    assert result["intent"]["name"] == "lend_book"
    assert [(e["value"], e["processors"]) for e in result["entities"]] == [
        ("War and Peace", ["EntitySynonymMapper"])
    ]
    asked = parsed(run, tmp_path / "exported", "when do you open")["response_selector"]
    assert asked["all_retrieval_intents"] == ["faq"]
    assert asked["default"]["response"]["intent_response_key"] == "faq/ask_hours"
    assert asked["default"]["response"]["responses"] == [{"text": "We are open from nine to five."}]
    info = json.loads(run("onnlu", "info", tmp_path / "exported", "--json").out)
    assert "FallbackClassifier" in info["components"].values()


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize(
    ("bot", "unsupported"),
    [
        ("carbon-bot", ["ConveRTTokenizer", "ConveRTFeaturizer"]),
        (
            "f1-stats-chatbot",
            ["SpacyNLP", "SpacyTokenizer", "SpacyFeaturizer"],
        ),
        ("financial-demo", ["DucklingEntityExtractor", "SpacyNLP", "SpacyEntityExtractor"]),
    ],
)
def test_a_bot_of_rasa_trains_exports_and_parses(
    run: Run, tmp_path: Path, shared: Path, bot: str, unsupported: list[str]
) -> None:
    folder = shared / "data/bots" / bot
    (domain,) = folder.glob("domain*")
    trained = trained_and_exported(
        run,
        tmp_path,
        *("--config", folder / "config.yml", "--data", folder / "data", domain),
        *("--epochs", "2", "--seed", "1", "--skip-unsupported"),
    )
    notices = [line for line in trained.err.splitlines() if " in line " in line]
    assert [notice.split()[1] for notice in notices] == unsupported

    result = parsed(run, tmp_path / "exported", "hello")
    assert result["intent_ranking"][0] == result["intent"]


def test_what_is_not_here_is_refused_with_its_counterpart(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text("pipeline:\n- name: SpacyNLP\n- name: SpacyTokenizer\n", encoding="utf-8")
    outcome = run(
        *("trainer", "fit", "--config", config, "--data", PROJECT / "data"),
        *("--out", tmp_path / "model"),
    )
    assert outcome.code == 3
    assert f"{config}:3: 'SpacyTokenizer' of Rasa is not here: it needs spaCy" in outcome.err
    assert "Use WhitespaceTokenizer in its place" in outcome.err
    assert "--skip-unsupported" in outcome.err
