"""Directories that appear as a whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from onnlu_engine import atomic
from onnlu_engine.atomic import atomic_directory, remove_directory

HOLD = """
import sys, time
from pathlib import Path
from onnlu_engine.atomic import atomic_directory
with atomic_directory(Path(sys.argv[1]), overwrite=True) as folder:
    (folder / "half").touch()
    print(folder, flush=True)
    time.sleep(60)
"""


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(target: Path, text: str, *, overwrite: bool = False) -> None:
    with atomic_directory(target, overwrite=overwrite) as folder:
        (folder / "file").write_text(text)


def test_an_absent_target_appears_with_its_parents(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "model"
    with atomic_directory(target) as folder:
        (folder / "file").write_text("new")
        assert not target.exists()
    assert content(target) == {"file": "new"}
    assert names(target.parent) == ["model"]


def test_an_empty_directory_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "model"
    target.mkdir()
    write(target, "new")
    assert content(target) == {"file": "new"}


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_taken_target_is_replaced_on_request_only(tmp_path: Path, overwrite: bool) -> None:
    target = tmp_path / "model"
    write(target, "old")
    if overwrite:
        write(target, "new", overwrite=True)
        assert content(target) == {"file": "new"}
    else:
        with pytest.raises(OSError, match="not empty"):
            write(target, "new")
        assert content(target) == {"file": "old"}
    assert names(tmp_path) == ["model"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_an_error_leaves_the_target_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "model"
    write(target, "old")
    with (
        pytest.raises(type(error)),
        atomic_directory(target, overwrite=True) as folder,
    ):
        (folder / "file").write_text("half")
        raise error
    assert content(target) == {"file": "old"}
    assert names(tmp_path) == ["model"]


def test_a_directory_has_the_permissions_that_the_user_wants(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "model", "new")
    finally:
        os.umask(before)
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o750


def test_two_renames_do_where_directories_cannot_be_exchanged(tmp_path: Path) -> None:
    target, folder = tmp_path / "model", tmp_path / "new"
    for path, text in ((target, "old"), (folder, "new")):
        path.mkdir()
        (path / "file").write_text(text)
    old = atomic._rename_twice(folder, target)
    assert content(target) == {"file": "new"}
    assert content(old) == {"file": "old"}
    with pytest.raises(FileNotFoundError):
        atomic._rename_twice(tmp_path / "absent", target)
    assert content(target) == {"file": "new"}


def test_a_kill_between_two_renames_is_mended_by_the_next_writer(tmp_path: Path) -> None:
    target = tmp_path / "model"
    write(target, "old")
    target.rename(tmp_path / ".model.onnlu-0123456789ab.old")
    with atomic_directory(target, overwrite=True):
        assert content(target) == {"file": "old"}
    assert names(tmp_path) == ["model"]


def test_what_a_killed_writer_left_is_removed_and_what_a_living_one_writes_is_not(
    tmp_path: Path,
) -> None:
    target = tmp_path / "model"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, target], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout
        temporary = Path(writer.stdout.readline().strip())
        write(target, "while it lives", overwrite=True)
        assert (temporary / "half").exists()
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert temporary.exists()
    write(target, "after it died", overwrite=True)
    assert content(target) == {"file": "after it died"}
    assert names(tmp_path) == ["model"]


def test_other_directories_beside_the_target_are_left_alone(tmp_path: Path) -> None:
    others = [".model.onnlu-notes", ".model2.onnlu-0123456789ab.new", "model.new", ".model"]
    for name in others:
        (tmp_path / name).mkdir()
    write(tmp_path / "model", "new")
    assert names(tmp_path) == sorted([*others, "model"])


def test_a_directory_is_removed_with_what_killed_writers_left(tmp_path: Path):
    target = tmp_path / "target"
    (target / "deep").mkdir(parents=True)
    (target / "deep" / "file").write_text("x")
    (tmp_path / ".target.onnlu-0123456789ab.new").mkdir()
    (tmp_path / ".other.onnlu-0123456789ab.new").mkdir()
    remove_directory(target)
    assert {path.name for path in tmp_path.iterdir()} == {".other.onnlu-0123456789ab.new"}


def test_removing_what_is_not_there_is_no_error(tmp_path: Path):
    remove_directory(tmp_path / "target")
    assert list(tmp_path.iterdir()) == []
