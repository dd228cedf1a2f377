"""A cache in a folder, which any number of trainings may use at once.

```
CACHEDIR.TAG       it is a cache (`cache_place.py`)
.gitignore         and nobody's source
index.db           which node gave what (`cache_index.py`)
results/<digest>   what can be restored (`result_folders.py`)
```
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from onnlu_engine.errors import OnnluException, cause_of
from onnlu_engine.fingerprints import folder_fingerprint
from onnlu_engine.storage import ModelStorage
from onnlu_engine.training.cache import Cacheable, TrainingCache
from onnlu_engine.training.cache_index import (
    FILE,
    CacheIndex,
    Entry,
    NewerVersionError,
    open_index,
)
from onnlu_engine.training.cache_place import CachePlace
from onnlu_engine.training.node_key import Fingerprint, NodeKey
from onnlu_engine.training.result_folders import ResultFolders, written

logger = logging.getLogger(__name__)

MEGABYTE: Final = 1_000_000
RESULTS: Final = "results"
_KEYS_COMPARED: Final = 20
_NOTHING_RESTORED: Final = "nothing is restored"


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
        self._place = CachePlace(folder)
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
            self._place.make()
            if not isinstance(output, Cacheable) or not self._keep(entry, output, model_storage):
                with self._changed() as index:
                    index.put(entry)

    def get_cached_output_fingerprint(self, digest: str) -> dict[str, str] | None:
        """Return the fingerprint of what a node gave, part by part; None where nothing is kept."""
        with self._tolerant(_NOTHING_RESTORED):
            entry = self._entry(digest)
            return None if entry is None else entry.fingerprint
        return None

    def has_result(self, digest: str, output_type: type) -> bool:
        """Tell whether there is a result of this type; its content is not looked at."""
        with self._tolerant(_NOTHING_RESTORED):
            entry = self._entry(digest)
            return entry is not None and self._is_restorable(entry, output_type)
        return False

    def get_cached_result(
        self, digest: str, node_name: str, output_type: type, model_storage: ModelStorage
    ) -> Any | None:
        """Restore what a node gave; a result that has changed since is dropped with a warning."""
        with ExitStack() as stack, self._tolerant(f"what '{node_name}' gave is not restored"):
            entry = self._entry(digest)
            if entry is None or entry.result is None:
                return None
            with suppress(FileNotFoundError):  # another training may just have removed it
                stack.enter_context(self._results.protected(entry.result))
            if not self._is_restorable(entry, output_type):
                return None
            folder = self._results.path(entry.result)
            if folder_fingerprint(folder) != entry.result:
                stack.close()
                self._drop(entry)
                return None
            fingerprint = ",".join(entry.fingerprint.values())
            output = output_type.from_cache(  # type: ignore[attr-defined]  # it is `Cacheable`
                node_name, folder, model_storage, fingerprint
            )
            self.mark_as_used([digest])
            return output
        return None

    def mark_as_used(self, digests: Collection[str]) -> None:
        """Take note that a training has used what is kept."""
        with self._tolerant("the order of use is not kept"):
            if digests and self._place.is_cache:
                with self._changed() as index:
                    index.mark_as_used(digests)

    def keys_of(self, node_name: str) -> list[dict[str, dict[str, Any]]]:
        """Return the parts of the last used keys of a node, the very last one first."""
        with self._tolerant(_NOTHING_RESTORED), self._reading() as index:
            found = index.of_node(node_name, _KEYS_COMPARED) if index else []
            return [entry.parts for entry in found]
        return []

    # Looking after it

    def check(self) -> None:
        """Check that the folder is a cache, or can become one.

        A folder that cannot be looked at is none of its business: no training fails for that.

        Raises:
            OnnluException: something else is there.
        """
        with suppress(OSError):
            self._place.check()

    def entries(self) -> list[Entry]:
        """Return all that is kept, the last used one first.

        Raises:
            OnnluException: the folder is no cache, or cannot be read.
        """
        with self._explained("cannot be read"), self._reading() as index:
            return list(reversed(index.least_used_first())) if index else []

    def prune(self, megabytes: float | None = None) -> int:
        """Remove what killed trainings left, and entries until the rest is small enough.

        Args:
            megabytes: how large the rest may be; by default the limit of the cache.

        Returns:
            How many entries were removed.

        Raises:
            OnnluException: the folder is no cache, or cannot be changed.
        """
        limit = self._limit if megabytes is None else int(megabytes * MEGABYTE)
        with self._explained("cannot be pruned"):
            if not self._place.is_cache:
                return 0
            with self._changed() as index:
                before = len(index.least_used_first())
                self._make_room(index, limit)
                return before - len(index.least_used_first())

    def clear(self) -> int:
        """Remove the cache, whatever state it is in.

        Returns:
            How many entries were removed, as far as they could be read.

        Raises:
            OnnluException: the folder is no cache, or a file cannot be removed.
        """
        self.check()
        removed = 0
        with suppress(OnnluException):
            removed = len(self.entries())
        with self._explained("cannot be removed"):
            if self._place.is_cache:
                self._results.clear()
                for name in (FILE, f"{FILE}-journal"):
                    (self._folder / name).unlink(missing_ok=True)
                self._place.clear()
        return removed

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
                logger.warning("What '%s' gave cannot be kept: %s.", entry.node, cause_of(error))
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

    # Reading

    def _entry(self, digest: str) -> Entry | None:
        with self._reading() as index:
            return index.get(digest) if index else None

    @contextmanager
    def _reading(self) -> Iterator[CacheIndex | None]:
        """Look at the index; None where there is none."""
        if self._place.is_cache:
            with open_index(self._folder, write=False) as index:
                yield index
        else:
            yield None

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
                logger.warning(
                    "The cache %s fails: %s; %s.%s",
                    *(self._folder, str(error).rstrip("."), consequence, _remedy(error)),
                )
            self._has_warned = True

    @contextmanager
    def _explained(self, what: str) -> Iterator[None]:
        """Say what is wrong, and what mends it."""
        self.check()
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise OnnluException(
                f"The cache {self._folder} {what}: {error}.{_remedy(error)}"
            ) from error


def _remedy(error: Exception) -> str:
    if isinstance(error, NewerVersionError):
        return " Choose another folder, or remove it by `trainer cache clear`."
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        return " `trainer cache clear` removes it."
    return ""


def _type_name(output_type: type) -> str:
    return f"{output_type.__module__}:{output_type.__qualname__}"
