"""Loggers of other packages."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.training.callbacks import (
    TrainingCallback,
    check_installed,
    installed_callbacks,
)
from onnlu_train.training.session import TrainingSession

MODULE = """\
from onnlu_train.training import TrainingCallback

class Notes(TrainingCallback):
    made = 0

    def __init__(self):
        Notes.made += 1

class Broken(TrainingCallback):
    def __init__(self):
        raise OSError("no server")

def number():
    return 5
"""
ENTRY_POINTS = """\
[onnlu.training_callbacks]
notes = notes_of_training:Notes
broken = notes_of_training:Broken
number = notes_of_training:number
absent = not_there:Notes
"""


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that registers callbacks."""
    (tmp_path / "notes_of_training.py").write_text(MODULE)
    info = tmp_path / "notes-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: notes\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "notes_of_training", raising=False)


def test_a_registered_callback_is_made_by_its_name():
    (callback,) = installed_callbacks(["notes"])
    assert isinstance(callback, TrainingCallback)
    assert type(callback).__name__ == "Notes"


def test_none_is_made_unasked():
    assert installed_callbacks([]) == []


def test_unknown_names_are_told_with_the_nearest_known_one():
    with pytest.raises(InvalidConfigException) as caught:
        installed_callbacks(["note", "mlflow"])
    assert "registers 'note'. Did you mean 'notes'?" in str(caught.value)
    assert "registers 'mlflow'." in str(caught.value)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("broken", "cannot be made: OSError: no server"),
        ("absent", "cannot be imported: ModuleNotFoundError"),
        ("number", "is no callback"),
    ],
)
def test_what_is_no_callback_is_named(name: str, problem: str):
    with pytest.raises(InvalidConfigException, match=problem):
        installed_callbacks([name])


def test_a_check_makes_no_callback():
    check_installed(["notes", "broken"])


def test_a_fit_makes_each_logger_once_when_a_model_trains():
    session = TrainingSession({"loggers": ["notes"]})
    notes = importlib.import_module("notes_of_training").Notes
    before = notes.made
    assert session.callbacks is session.callbacks
    assert notes.made == before + 1


@pytest.mark.parametrize(
    ("name", "problem"), [("note", "Did you mean 'notes'"), ("absent", "cannot be imported")]
)
def test_a_check_finds_what_is_not_there(name: str, problem: str):
    with pytest.raises(InvalidConfigException, match=problem):
        check_installed([name])
