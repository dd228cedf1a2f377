"""A model to go on from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .project import Project


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model; not to be changed."""
    return Project(tmp_path_factory.mktemp("finetuning")).train()


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Project]:
    """Make a project; by default the one of `base`, and more data."""
    return lambda **contents: Project(tmp_path, **contents)
