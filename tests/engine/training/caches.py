"""A local cache beside a storage, and outputs to keep in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from onnlu_engine import LocalModelStorage, Resource
from onnlu_engine.training import LocalTrainingCache
from onnlu_engine.training.node_key import NodeKey


class Number:
    """An output with nothing to restore."""

    def fingerprint(self) -> str:
        return "1"


class Stored:
    """A cache, and a storage beside it."""

    def __init__(self, folder: Path, megabytes: float = 1) -> None:
        self.folder = folder / "cache"
        self.cache = LocalTrainingCache(self.folder, megabytes)
        (folder / "storage").mkdir(exist_ok=True)
        self.root = folder / "storage"
        self.storage = LocalModelStorage(self.root)

    def keep(self, name: str, content: bytes = b"x", output: Any = None) -> str:
        """Keep what a node of this name has persisted; return the key."""
        with self.storage.write_to(Resource(name)) as folder:
            (folder / "file").write_bytes(content)
        key = NodeKey(name, {"config": {"name": name}})
        self.cache.cache_output(key, output or Resource(name), {"content": name}, self.storage)
        assert key.digest is not None
        return key.digest

    def restored(self, key: str, output_type: type = Resource) -> bytes | None:
        """Return what is restored into an empty storage."""
        shutil.rmtree(self.root)
        self.root.mkdir()
        found = self.cache.get_cached_result(key, "node", output_type, self.storage)
        return None if found is None else (self.root / "node" / "file").read_bytes()

    def results(self) -> list[Path]:
        return sorted((self.folder / "results").iterdir())
