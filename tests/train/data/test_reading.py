"""Files as they are read: whole, or in spite of problems, with the place of every part."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_engine.errors import InvalidDataException
from onnlu_train.data import gather_training_data
from onnlu_train.data.problems import Problems

from .yaml_files import HEAD, data, read


def test_a_file_without_version_is_read_with_a_notice(tmp_path: Path) -> None:
    result = read(tmp_path, nlu="nlu:\n- intent: a\n  examples: |\n    - x\n")
    assert result.notices == (f"{tmp_path}/nlu.yml: names no version; read as 3.1",)


def test_data_without_any_example_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataException, match="no NLU examples found; add a section 'nlu:'"):
        read(tmp_path, domain="intents:\n- a\n", empty="# nothing\n", nlu="nlu:\n")


def test_each_part_knows_its_file_and_line(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        a=HEAD
        + "- intent: fly\n  examples: |\n    - to [NYC](city:new york)\n    - to [NYC](city:york)\n"
        + "- regex: zip\n  examples: |\n    - '[0-9]{5}'\n",
        b=HEAD + "- lookup: city\n  examples: |\n    - Rome\n- regex: age\n  examples: |\n    - x\n"
        "- intent: fly\n  examples:\n  - text: |\n      home\n",
    )

    a, b = tmp_path / "a.yml", tmp_path / "b.yml"
    assert result.places.examples == [(a, 5), (a, 6), (b, 11)]
    assert [regex.name for regex in result.training_data.regexes] == ["age", "zip"]
    assert result.places.regexes == [(b, 8), (a, 9)]
    assert result.places.lookup_tables == {"city": (b, 5)}
    assert result.places.conflicts == [("NYC", "new york", "york", (a, 6))]


def test_what_could_be_read_is_gathered_in_spite_of_problems(tmp_path: Path) -> None:
    problems = Problems()
    (tmp_path / "nlu.yml").write_text(
        f"{HEAD}- intent: fly\n  examples: |\n    - go\n    - [x](\n    - home\n", encoding="utf-8"
    )

    result = gather_training_data([tmp_path], problems)

    assert [message["text"] for message in data(result)] == ["go", "home"]
    assert [(problem.path, problem.line) for problem in problems.found()] == [
        (tmp_path / "nlu.yml", 6)
    ]
