"""What a checkpoint keeps of the components that are done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onnlu_train.training.checkpoint import Checkpoints, FitState, read_state

ARRAYS = {"weights/kernel": np.zeros(2, np.float32)}
KEPT = Path("components/train_vectors/vectors.npy")


@pytest.fixture
def components(tmp_path: Path) -> Path:
    """Where a component has persisted itself."""
    (tmp_path / "components/train_vectors").mkdir(parents=True)
    (tmp_path / KEPT).write_bytes(b"many")
    return tmp_path / "components"


def checkpoints(components: Path, *, resumes: bool = False) -> Checkpoints:
    state = FitState({}, finished=["train_vectors", "without a folder"])
    folder = components.parent / "m.checkpoint"
    return Checkpoints(folder, components, state, minutes=0, resumes=resumes)


def test_files_of_finished_components_are_copied_once(components: Path):
    mine = checkpoints(components)
    folder = mine.write(ARRAYS)
    assert folder is not None
    first = (folder / KEPT).stat()
    assert first.st_ino != (components.parent / KEPT).stat().st_ino

    mine.state.epochs = 7
    assert mine.write(ARRAYS) == folder
    again = (folder / KEPT).stat()
    assert (again.st_ino, again.st_nlink) == (first.st_ino, 1)
    assert (folder / KEPT).read_bytes() == b"many"
    state = read_state(folder)
    assert state is not None
    assert state.epochs == 7


def test_a_resumed_fit_goes_on_with_the_files_that_are_there(components: Path):
    folder = checkpoints(components).write(ARRAYS)
    assert folder is not None
    before = (folder / KEPT).stat().st_ino
    checkpoints(components, resumes=True).write(ARRAYS)
    assert (folder / KEPT).stat().st_ino == before


def test_another_fit_keeps_its_own_files(components: Path):
    checkpoints(components).write(ARRAYS)
    (components.parent / KEPT).write_bytes(b"others")
    folder = checkpoints(components).write(ARRAYS)
    assert folder is not None
    assert (folder / KEPT).read_bytes() == b"others"


def test_only_the_checkpoint_of_the_fit_is_removed(components: Path):
    mine = checkpoints(components)
    folder = mine.write(ARRAYS)
    checkpoints(components).remove()
    assert mine.own == folder
    mine.remove()
    assert mine.own is None
