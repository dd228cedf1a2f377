import os
from pathlib import Path

import pytest

from onnlu.cli.info import parity_facts, parity_line, readable_size
from onnlu.cli.output import written


def test_a_file_appears_when_all_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"

    with written(str(out)) as write:
        write("one\n")
        assert not out.exists()

    assert out.read_text(encoding="utf-8") == "one\n"
    assert list(tmp_path.iterdir()) == [out]


def test_after_an_error_the_old_file_is_what_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("old", encoding="utf-8")

    with pytest.raises(KeyboardInterrupt), written(str(out)) as write:
        write("new")
        raise KeyboardInterrupt

    assert out.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old", encoding="utf-8")
    link.symlink_to(file)

    with written(str(link)) as write:
        write("new")

    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == "new"


def test_a_device_is_written_to_and_not_replaced() -> None:
    with written(os.devnull) as write:
        write("text")

    assert Path(os.devnull).is_char_device()


def test_a_directory_is_no_output(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), written(str(tmp_path)):
        pass


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (3 * 2**40, "3072.0 GiB")],
)
def test_sizes_are_readable(size: int, text: str) -> None:
    assert readable_size(size) == text


def test_a_parity_report_without_random_features_names_none() -> None:
    worst = {"a": {"difference": 1e-7, "where": "x"}, "b": {"difference": 2e-6, "where": "y"}}
    report = {"texts": 2, "grid": [], "worst": worst, "near_ties": 1}

    assert parity_line(report) == "2 texts, worst difference 2e-06, near ties: 1"
    told = {"tolerance": {"atol": 1e-5, "rtol": 0}, "versions": {"onnx": "1"}, "cpu": "Z80"}
    assert parity_facts(report | told) == {
        "parity": parity_line(report),
        "worst": "a 1e-07 (x); b 2e-06 (y)",
        "allowed": "1e-05 + 0 relative",
        "proven on": "Z80, onnx 1",
    }
