"""Which files are read, in which order, and how their bytes become text."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_engine.errors import InvalidDataException
from onnlu_train.data import read_training_data

from .yaml_files import HEAD, data, read


def test_settings_of_serving_are_passed_over_in_a_folder(tmp_path: Path) -> None:
    settings = "rest:\nslack:\n  slack_token: secret\n"
    item = HEAD + "- intent: a\n  examples: |\n    - x\n"
    result = read(tmp_path, endpoints=settings, project__credentials=settings, nlu=item)
    assert result.files == (tmp_path / "nlu.yml",)


def test_folders_are_read_in_sorted_order_each_file_once(tmp_path: Path) -> None:
    item = HEAD + "- intent: a\n  examples: |\n    - {}\n"
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden/x.yml").write_text("broken: [", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not YAML: [", encoding="utf-8")
    read(tmp_path, b__z=item.format("3"), a=item.format("1"), b__a=item.format("2"))
    result = read_training_data([tmp_path / "b/z.yml", tmp_path, tmp_path / "a.yml"])
    assert [message["text"] for message in data(result)] == ["3", "1", "2"]
    assert result.files == (tmp_path / "b/z.yml", tmp_path / "a.yml", tmp_path / "b/a.yml")


def test_a_path_that_cannot_be_followed_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "nlu.yml").symlink_to(tmp_path / "nlu.yml")
    with pytest.raises(InvalidDataException, match="cannot be read: Too many levels of symbolic"):
        read_training_data([tmp_path / "nlu.yml"])


def test_a_byte_order_mark_and_windows_line_ends_are_no_text(tmp_path: Path) -> None:
    text = HEAD + "- intent: a\n  examples: |\n    - x\n    - y\n"
    (tmp_path / "nlu.yml").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert [message["text"] for message in data(read_training_data([tmp_path]))] == ["x", "y"]
