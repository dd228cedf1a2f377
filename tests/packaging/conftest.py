"""The wheel, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from .environments import pip


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", Path(__file__).parents[2], "--no-deps", "--wheel-dir", folder)
    (built,) = folder.glob("*.whl")
    return built
