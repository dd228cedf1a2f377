"""No row of the reference's behaviour is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from .behaviour_rows import differing_rows, proven_rows, rows_of

ENGINE = [f"1.{number}" for number in range(3, 11)] + [f"2.{number}" for number in range(1, 8)]


@pytest.fixture
def reference(shared: Path) -> Path:
    return shared / "spec" / "behaviour.md"


@pytest.mark.shared
def test_every_row_of_the_engine_is_proven_or_a_difference(reference: Path) -> None:
    rows = rows_of(reference)
    kept = proven_rows() | differing_rows()
    forgotten = [
        f"{row}: {text[:90]}"
        for row, text in rows.items()
        if row.partition("/")[0] in ENGINE and row not in kept
    ]
    assert not forgotten, "\n".join(["no test and no line of docs/differences.md:", *forgotten])


@pytest.mark.shared
def test_no_test_and_no_difference_is_of_a_row_that_is_not_there(reference: Path) -> None:
    assert (proven_rows() | differing_rows()) - rows_of(reference).keys() == set()


def test_rows_are_counted_by_section_and_those_of_no_table_are_one(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# 9. Title\n\n### 9.1 Table\nAbout it.\n\n| a | b |\n|---|---|\n| 1 | x |\n| 2 | y |\n\n"
        "### 9.2 Text\nOne fact.\nAnother line.\n\n---\n## 10. End\n### 10.1 None\n",
        encoding="utf-8",
    )
    assert rows_of(page) == {"9.1/1": "| 1 | x |", "9.1/2": "| 2 | y |", "9.2/1": "One fact."}


def test_marks_and_differences_are_found_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        'pytestmark = pytest.mark.behaviour("9.1/1")\n'
        '@pytest.mark.behaviour("9.1/2", "9.2/1")\ndef test_a():\n    "9.9/9"\n'
        'CASES = [pytest.param(1, marks=pytest.mark.behaviour("9.3/1"))]\n',
        encoding="utf-8",
    )
    assert proven_rows(tmp_path) == {"9.1/1", "9.1/2", "9.2/1", "9.3/1"}
    page = tmp_path / "differences.md"
    page.write_text("| a model (9.4/1, 9.4/2) | 1/2 | v9.5 |\n", encoding="utf-8")
    assert differing_rows(page) == {"9.4/1", "9.4/2"}


def test_a_mark_names_its_rows_as_texts(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("pytestmark = pytest.mark.behaviour(ROW)\n")
    with pytest.raises(ValueError, match=r"names no row: pytest\.mark\.behaviour\(ROW\)"):
        proven_rows(tmp_path)
