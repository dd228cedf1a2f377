"""`trainer validate`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .commands import Run


@pytest.fixture
def line(tiny_project: Path) -> list[str | Path]:
    config, data = tiny_project / "config.yml", tiny_project / "nlu.yml"
    return ["validate", "--config", config, "--data", data]


def test_a_good_project_is_valid(run: Run, line: list[str | Path]) -> None:
    done = run("trainer", *line)
    assert (done.code, done.err) == (0, "")
    assert "DIETClassifier" in done.out
    assert done.out.splitlines()[-2:] == [
        "Data:  examples: 12, intents: 2, entity types: 1",
        "Found: errors: 0, warnings: 0, notes: 0",
    ]


def test_warnings_fail_with_strict_only(run: Run, line: list[str | Path], tmp_path: Path) -> None:
    more = tmp_path / "more.yml"
    more.write_text(
        'version: "3.1"\nnlu:\n- intent: fly\n  examples: |\n    - hello\n', encoding="utf-8"
    )
    done = run("trainer", *line, more)
    assert done.code == 0
    assert f"warning: {more}:5: 'hello' has the intent 'fly', and 'greet' at " in done.out
    assert run("trainer", *line, more, "--strict").code == 3


def test_what_fit_refuses_is_3_and_json_lists_it(
    run: Run, line: list[str | Path], tmp_path: Path
) -> None:
    config = tmp_path / "config.yml"
    config.write_text("recipe: default.v1\npipeline:\n- name: SpacyNLP\n", encoding="utf-8")
    done = run("trainer", *line[:2], config, *line[3:], "--json")

    document = json.loads(done.out)
    assert (done.code, done.err) == (3, "")
    assert document["valid"] is False
    assert document["findings"][0]["file"] == str(config)
    assert document["components"] == [
        {
            "name": "SpacyNLP",
            "line": 3,
            "status": "not here",
            "counterpart": None,
            "remark": document["components"][0]["remark"],
        }
    ]


def test_many_findings_of_one_kind_are_cut_short(
    run: Run, line: list[str | Path], tmp_path: Path
) -> None:
    test = tmp_path / "test.yml"
    examples = "".join(f"    - hello{'!' * n}\n" for n in range(30))
    test.write_text(
        f'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n{examples}', encoding="utf-8"
    )
    done = run("trainer", *line, "--against", test)
    assert done.out.count("stands in the training data too") == 20
    assert "warning: 10 more of this kind: test_text_in_training (all with --json)" in done.out


def test_data_that_does_not_exist_is_3(run: Run, line: list[str | Path]) -> None:
    done = run("trainer", *line, "--against", "nowhere.yml")
    assert done.code == 3
    assert "error: nowhere.yml: cannot be read" in done.out
