"""Data sets and whole bots, as others publish them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onnlu_train.data import read_training_data

from .yaml_files import data


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["snips/test", "snips/valid", "hwu64/fold_1/test", "banking77/test"]
)
def test_a_data_set_is_read_as_rasa_3_6_reads_it(shared: Path, name: str) -> None:
    result = read_training_data([shared / "data" / f"{name}.yml"])
    gold = (shared / "data" / f"{name}.gold.jsonl").read_text(encoding="utf-8").splitlines()

    ours = [
        {
            "text": message["text"],
            "intent": message["intent"],
            "entities": [
                {k: e[k] for k in ("start", "end", "entity")} for e in message["entities"]
            ],
        }
        for message in data(result)
    ]
    assert ours == [json.loads(line) for line in gold]


@pytest.mark.shared
def test_exact_duplicates_of_snips_are_dropped_and_counted(shared: Path) -> None:
    result = read_training_data([shared / "data/snips/train.yml"])
    assert len(result.training_data.examples) == 12_860
    assert result.duplicates == 224
    assert len(result.training_data.intents) == 7
    assert len(result.training_data.entity_types) == 39


@pytest.mark.shared
def test_the_folder_of_a_whole_bot_is_read_and_its_dialogue_skipped(shared: Path) -> None:
    result = read_training_data([shared / "data/bots/f1-stats-chatbot"])
    assert {"stories", "rules", "intents", "pipeline"} <= result.skipped.keys()
    assert result.skipped["stories"] == 7
    assert any("stories (7), rules (1)" in notice for notice in result.notices)
    assert result.training_data.examples
    assert [table.name for table in result.training_data.lookup_tables] == [
        "constructor_name", "session_type", "race_name", "driver",
    ]  # fmt: skip


@pytest.mark.shared
def test_a_bot_of_version_2_is_read_with_a_notice(shared: Path) -> None:
    folder = shared / "data/bots/carbon-bot"
    result = read_training_data([folder / "data"])
    assert len(result.training_data.examples) == 2_517
    assert result.training_data.entity_roles == ["from", "to"]
    assert f"{folder}/data/nlu.yml: has version 2.0; read as 3.1" in result.notices
