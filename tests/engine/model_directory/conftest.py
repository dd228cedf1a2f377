"""What tests of models on disk write."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu_engine import LocalModelStorage, Resource


@pytest.fixture
def components(tmp_path: Path) -> Path:
    """What a small training left."""
    root = tmp_path / "storage"
    root.mkdir()
    with LocalModelStorage(root).write_to(Resource("train_A")) as folder:
        (folder / "weights").write_bytes(bytes(range(256)))
        (folder / "deep").mkdir()
        (folder / "deep" / "vocabulary.json").write_text('["é"]')
        (folder / "empty").mkdir()
    return root
