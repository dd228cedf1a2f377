"""What tests of training begin with: a graph to train with a cache, or the cache alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from .caches import Stored
from .graphs import Training


@pytest.fixture
def training(tmp_path: Path) -> Training:
    return Training(tmp_path)


@pytest.fixture
def stored(tmp_path: Path) -> Stored:
    return Stored(tmp_path)
