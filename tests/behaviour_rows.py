"""The rows of the reference's behaviour that tests prove, or that are another way on purpose."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
DIFFERENCES = TESTS.parent / "docs" / "differences.md"
MARK = "behaviour"

_HEADING = re.compile(r"#+ (\d+\.\d+) ")
_ROW = re.compile(r"\b\d+\.\d+/\d+\b")


def rows_of(reference: Path) -> dict[str, str]:
    """Return the rows of every section of the reference, by id.

    Args:
        reference: Markdown with numbered sections; a section without a table is a row by itself.

    Returns:
        "<section>/<number of the row>" to what stands in the row.
    """
    found: dict[str, str] = {}
    section, number, is_in_table = "", 0, False
    for line in reference.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = _HEADING.match(line)
            section, number = (heading[1] if heading else ""), 0
        is_rule = line.startswith("|---")
        if section and is_in_table and line.startswith("|") and not is_rule:
            if number == 0:  # what stands above a table is no row
                found.pop(f"{section}/1", None)
            number += 1
            found[f"{section}/{number}"] = line
        elif section and number == 0 and line.strip() and not line.startswith(("|", "#")):
            found.setdefault(f"{section}/1", line)
        is_in_table = is_rule or (is_in_table and line.startswith("|"))
    return found


def proven_rows(folder: Path = TESTS) -> set[str]:
    """Return the rows that the tests of a folder carry in `pytest.mark.behaviour(...)`."""
    return {
        row
        for path in sorted(folder.rglob("*.py"))
        for row in _marked(ast.parse(path.read_text(encoding="utf-8")))
    }


def differing_rows(page: Path = DIFFERENCES) -> set[str]:
    """Return the rows that the page of differences names, such as (2.7/5)."""
    return set(_ROW.findall(page.read_text(encoding="utf-8")))


def _marked(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=attr, value=ast.Attribute(attr="mark"))) if (
                attr == MARK
            ):
                for argument in node.args:
                    if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                        raise ValueError(f"a mark '{MARK}' names no row: {ast.unparse(node)}")
                    yield argument.value
