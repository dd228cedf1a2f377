"""A model to go on from, and one that went on from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .outputs import FirstWeights
from .project import MakeProject, Project


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model; not to be changed."""
    return Project(tmp_path_factory.mktemp("finetuning")).train()


@pytest.fixture(scope="session")
def before() -> FirstWeights:
    """What `tuned` weighed before its first step."""
    return FirstWeights()


@pytest.fixture(scope="session")
def tuned(base: Path, before: FirstWeights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`base`, finetuned on more data; not to be changed."""
    project = Project(tmp_path_factory.mktemp("tuned"))
    project.finetuning(base, overrides={"epochs": 3}).run([before])
    return project.folder / "tuned"


@pytest.fixture
def project(tmp_path: Path) -> MakeProject:
    """Make a project; by default the one of `base`, and more data."""
    return lambda **contents: Project(tmp_path, **contents)
