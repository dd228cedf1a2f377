"""A cache in a folder, which any number of trainings may use at once.

```
index.db           which node gave what (`cache_index.py`)
results/<digest>   what can be restored (`result_folders.py`)
.gitignore         the cache is nobody's source
```
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from onnlu_engine.errors import OnnluException
from onnlu_engine.fingerprints import folder_fingerprint
from onnlu_engine.storage import ModelStorage
from onnlu_engine.training.cache import Cacheable, TrainingCache
from onnlu_engine.training.cache_index import FILE, CacheIndex, Entry, open_index
from onnlu_engine.training.node_key import Fingerprint, NodeKey
from onnlu_engine.training.result_folders import ResultFolders, written

logger = logging.getLogger(__name__)

MEGABYTE: Final = 1_000_000
RESULTS: Final = "results"
_KEYS_COMPARED: Final = 20

T = TypeVar("T")


class LocalTrainingCache(TrainingCache):
    """Keeps outputs in a folder; what was not used for the longest time goes when it is full.

    A process may be killed at any moment: a result is there as a whole or not at all, and what is
    restored has the digest that it had when it was kept. Nothing is written before something is
    kept.

    Args:
        folder: the cache's; it is made when something is kept.
        megabytes: what all entries may take together, in millions of bytes.
    """

    def __init__(self, folder: Path, megabytes: float) -> None:
        self._folder = folder
        self._results = ResultFolders(folder / RESULTS)
        self._limit = int(megabytes * MEGABYTE)
        self._has_warned = False

    def cache_output(
        self,
        key: NodeKey,
        output: Any,
        output_fingerprint: Fingerprint,
        model_storage: ModelStorage,
    ) -> None:
        """Keep what a node gave; of an output larger than the limit, its fingerprint only."""
        if key.digest is None:
            return
        entry = Entry(key.digest, key.node, key.parts, dict(output_fingerprint))
        with self._tolerant(f"what '{key.node}' gave is not kept"):
            self._make_folder()
            if not isinstance(output, Cacheable) or not self._keep(entry, output, model_storage):
                with self._changed() as index:
                    index.put(entry)

    def get_cached_output_fingerprint(self, digest: str) -> dict[str, str] | None:
        """Return the fingerprint of what a node gave, part by part; None where nothing is kept."""
        entry = self._read(lambda index: index.get(digest))
        return None if entry is None else entry.fingerprint

    def has_result(self, digest: str, output_type: type) -> bool:
        """Tell whether there is a result of this type; its content is not looked at."""
        entry = self._read(lambda index: index.get(digest))
        return entry is not None and self._is_restorable(entry, output_type)

    def get_cached_result(
        self, digest: str, node_name: str, output_type: type, model_storage: ModelStorage
    ) -> Any | None:
        """Restore what a node gave; a result that has changed since is dropped with a warning."""
        if not self._is_there:
            return None
        with ExitStack() as stack, self._tolerant(f"what '{node_name}' gave is not restored"):
            with self._changed() as index:
                entry = index.get(digest)
                if entry is None or entry.result is None:
                    return None
                if not self._is_restorable(entry, output_type):
                    index.remove([digest])
                    return None
                index.mark_as_used([digest])
                stack.enter_context(self._results.protected(entry.result))
            folder = self._results.path(entry.result)
            if folder_fingerprint(folder) == entry.result:
                fingerprint = ",".join(entry.fingerprint.values())
                return output_type.from_cache(  # type: ignore[attr-defined]  # it is `Cacheable`
                    node_name, folder, model_storage, fingerprint
                )
            stack.close()
            self._drop(entry)
        return None

    def mark_as_used(self, digests: Collection[str]) -> None:
        """Take note that a training has used what is kept."""
        if digests and self._is_there:
            with self._tolerant("the order of use is not kept"), self._changed() as index:
                index.mark_as_used(digests)

    def keys_of(self, node_name: str) -> list[dict[str, dict[str, Any]]]:
        """Return the parts of the last used keys of a node, the very last one first."""
        found = self._read(lambda index: index.of_node(node_name, _KEYS_COMPARED))
        return [entry.parts for entry in found or ()]

    def entries(self) -> list[Entry]:
        """Return all that is kept, the last used one first."""
        return list(reversed(self._read(CacheIndex.least_used_first) or []))

    def prune(self, megabytes: float | None = None) -> None:
        """Remove what killed trainings left, and entries until the rest is small enough.

        Args:
            megabytes: how large the rest may be; by default the limit of the cache.

        Raises:
            OnnluException: the cache cannot be read or changed.
        """
        if not self._is_there:
            return
        limit = self._limit if megabytes is None else int(megabytes * MEGABYTE)
        try:
            with self._changed() as index:
                self._make_room(index, limit)
        except (OSError, sqlite3.Error) as error:
            raise OnnluException(
                f"The cache {self._folder} cannot be pruned: {error}. `trainer cache clear` "
                "removes all of it."
            ) from error

    def clear(self) -> None:
        """Remove the cache, whatever state it is in.

        Raises:
            OnnluException: a file cannot be removed.
        """
        try:
            for name in (RESULTS, FILE, f"{FILE}-journal", ".gitignore"):
                path = self._folder / name
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
        except OSError as error:
            raise OnnluException(
                f"The cache {self._folder} cannot be removed: {error.strerror or error}. "
                "Remove the folder yourself."
            ) from error

    # Keeping

    def _keep(self, entry: Entry, output: Cacheable, model_storage: ModelStorage) -> bool:
        """Keep an entry with its result; return whether that was possible."""
        with self._changed():  # else another training takes the new folder for a killed one's
            folder, lock = self._results.new()
        try:
            try:
                output.to_cache(folder, model_storage)
                digest = folder_fingerprint(folder)
            except Exception as error:
                logger.warning("What '%s' gave cannot be kept: %s.", entry.node, error)
                return False
            size = written(folder)
            if size > self._limit:
                logger.info("What '%s' gave is larger than the cache.", entry.node)
                return False
            with self._changed() as index:
                self._make_room(index, self._limit - size)
                self._results.add(folder, digest)
                name = _type_name(type(output))
                index.put(
                    Entry(entry.key, entry.node, entry.parts, entry.fingerprint, digest, name, size)
                )
            return True
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)

    def _make_room(self, index: CacheIndex, limit: int) -> None:
        """Remove the least used entries until the rest is within a limit, and leftovers."""
        size = index.total_size()
        entries = index.least_used_first()
        sharing = Counter(entry.result for entry in entries)
        for entry in entries:
            if size <= limit:
                break
            is_last = entry.result is not None and sharing[entry.result] == 1
            if is_last and not self._results.remove(str(entry.result)):
                continue  # another training is reading it
            index.remove([entry.key])
            sharing[entry.result] -= 1
            size -= entry.size
        self._results.clean(index.results())

    def _drop(self, entry: Entry) -> None:
        logger.warning(
            "The cached result of '%s' in %s has changed since it was kept: it is dropped, and "
            "the node runs.",
            *(entry.node, self._folder),
        )
        with self._changed() as index:
            entries = index.least_used_first()
            index.remove([other.key for other in entries if other.result == entry.result])
            self._results.clean(index.results())

    @property
    def _is_there(self) -> bool:
        return (self._folder / FILE).is_file()

    def _make_folder(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        ignore = self._folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")

    # Reading

    def _read(self, query: Callable[[CacheIndex], T]) -> T | None:
        """Ask the index; None where there is none."""
        with self._tolerant("nothing is restored"), open_index(self._folder, write=False) as index:
            return None if index is None else query(index)
        return None

    def _is_restorable(self, entry: Entry, output_type: type) -> bool:
        return (
            entry.result is not None
            and entry.result_type == _type_name(output_type)
            and self._results.path(entry.result).is_dir()
        )

    @contextmanager
    def _changed(self) -> Iterator[CacheIndex]:
        """Have the cache alone, among all processes."""
        with open_index(self._folder, write=True) as index:
            if index is None:
                raise AssertionError("an index that is written is always there")
            yield index

    @contextmanager
    def _tolerant(self, consequence: str) -> Iterator[None]:
        """Warn, once, of what the cache cannot do: the training goes on without."""
        try:
            yield
        except Exception as error:
            if not self._has_warned:
                logger.warning("The cache %s fails: %s; %s.", self._folder, error, consequence)
            self._has_warned = True


def _type_name(output_type: type) -> str:
    return f"{output_type.__module__}:{output_type.__qualname__}"
