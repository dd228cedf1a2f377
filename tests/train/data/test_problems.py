"""Problems of files: all at once, each at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_engine.errors import InvalidDataException
from onnlu_train.data import read_training_data

from .yaml_files import HEAD, problems


def test_all_problems_of_a_file_are_told_with_their_lines(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """version: "3.1"
nlu2: 1
nlu:
- intent: greet
  examples: |

    - hi [there](who
    hello
    -
    - [you]{"entity": "who", "rol": "x"}
- intent:
  examples: |
    - x
- intent: a/b/c
  examples: |
    - x
- intent: folded
  examples: >
    - x
    - y
- intent: listed
  examples:
  - foo
  - text: bar
    metdata: 3
  - metadata: 4
- regex: bad
  examples: |
    - (a
- lookup: empty
- intent: twice
  intent: again
  example: |
    - x
- word
- synonym: s
  regex: r
- intent: anchored
  metadata: &a {x: 3}
  examples: '- x'
- intent: tagged
  metadata: !!binary aaaa
  examples: x
- intent: {a: b}
  examples: {c: d}
- synonym: s
  examples:
  - text: x
""",
    )
    assert [int(problem.split(":")[0]) for problem in found] == [
        2, 7, 8, 9, 10, 11, 14, 18, 23, 25, 26, 29, 30, 31, 32, 33, 35, 36, 39, 42, 43, 44, 45, 48,
    ]  # fmt: skip
    assert all(
        ";" in problem or "Did you mean" in problem or "needs" in problem for problem in found
    )
    assert found[0] == "2: unknown section 'nlu2'. Did you mean 'nlu'?"
    assert found[2] == "8: 'hello' is no example; start the line with `- `"


@given(before=st.lists(st.sampled_from(["    - fine", "", "      "])), comment=st.booleans())
def test_a_line_number_inside_a_block_is_exact(
    tmp_path_factory: pytest.TempPathFactory, before: list[str], comment: bool
) -> None:
    lines = [
        'version: "3.1"',
        "nlu:",
        "- intent: a",
        f"  examples: |{' # note' if comment else ''}",
        "    - first",
        *before,
        "    - [x](",
    ]
    found = problems(tmp_path_factory.mktemp("data"), "\n".join(lines))
    assert [int(problem.split(":")[0]) for problem in found] == [len(lines)]


def test_problems_of_all_files_and_paths_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_bytes('version: "3.1"\nnlu:\n- intent: café\n'.encode("latin-1"))
    (tmp_path / "b.yml").write_text(HEAD + "- intent: [a\n", encoding="utf-8")
    (tmp_path / "c.yml").write_text(HEAD + "- intent: a\n  examples: |\n    - x\u2028y\n", "utf-8")
    (tmp_path / "d.yml").write_text("- a", encoding="utf-8")
    (tmp_path / "e.yml").write_text('version: "1.0"\nnlu: {a: b}\n', encoding="utf-8")
    (tmp_path / "f.yml").write_text("a: " + "[" * 9_999, encoding="utf-8")
    (tmp_path / "g.yml").write_text("nlu:\n- intent: a\n  metadata: " + "1" * 9_999, "utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "nlu.md").write_text("## intent:a\n- b\n", encoding="utf-8")
    with pytest.raises(InvalidDataException) as error:
        read_training_data([tmp_path, tmp_path / "none", tmp_path / "empty", tmp_path / "nlu.md"])
    told = [line.removeprefix(f"{tmp_path}/") for line in str(error.value).split("\n")]
    expected = [
        "none: cannot be read: No such file or directory",
        "empty: holds no .yml or .yaml file",
        "nlu.md: is not a .yml or .yaml file",
        "a.yml:3: byte 0xe9 is not UTF-8",
        "b.yml:4: is not valid YAML",
        "c.yml:5: holds the control character U+2028",
        "d.yml:1: is not a mapping",
        "e.yml:1: version '1.0' cannot be read",
        "e.yml:2: 'nlu' is not a list",
        "f.yml: is nested too deeply",
        "g.yml:2: this intent has no examples",
        "g.yml:3: '1111",
    ]
    assert len(told) == len(expected)
    for line, start in zip(told, expected, strict=True):
        assert line.startswith(start)
