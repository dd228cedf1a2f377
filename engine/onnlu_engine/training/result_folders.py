"""The folders of a local cache: one for each result, named by its digest, whole or not there.

```
results/<digest>          a result
results/.new-<random>     a result being written; its writer has it locked
results/.old-<random>     a result being removed
```
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from onnlu_engine.atomic import flush, lock_directory

_NEW: Final = ".new-"
_OLD: Final = ".old-"
_OURS: Final = re.compile(r"\.(new|old)-[0-9a-f]{16}|[0-9a-f]{64}")


class ResultFolders:
    """Adds, removes and protects the folders; who changes something has the index locked.

    Args:
        root: where the folders are.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, digest: str) -> Path:
        """Return where a result is, if it is there."""
        return self._root / digest

    def new(self) -> tuple[Path, int]:
        """Return an empty folder to write a result to, and the lock that is to be closed."""
        self._root.mkdir(exist_ok=True)
        folder = self._root / f"{_NEW}{os.urandom(8).hex()}"
        folder.mkdir()
        return folder, lock_directory(folder, wait=True)

    def add(self, folder: Path, digest: str) -> None:
        """Give a new folder its name; a result that is there already stays."""
        if not self.path(digest).exists():
            folder.rename(self.path(digest))

    @contextmanager
    def protected(self, digest: str) -> Iterator[None]:
        """Hold a result while it is read.

        Raises:
            OSError: it is not there.
        """
        lock = lock_directory(self.path(digest), wait=True, shared=True)
        try:
            yield
        finally:
            os.close(lock)

    def remove(self, digest: str) -> bool:
        """Remove a result; return whether it is gone. One that is being read stays."""
        return self._removed(self.path(digest))

    def clean(self, wanted: Collection[str]) -> None:
        """Remove what killed writers left; what has no name of ours stays.

        Args:
            wanted: digests of all results that entries name.
        """
        with suppress(FileNotFoundError):
            for folder in sorted(self._root.iterdir()):
                if folder.name not in wanted and _OURS.fullmatch(folder.name):
                    self._removed(folder)

    def clear(self) -> None:
        """Remove all results, and their folder where nothing else is in it.

        Raises:
            OSError: something cannot be removed.
        """
        with suppress(FileNotFoundError):
            for folder in sorted(self._root.iterdir()):
                if _OURS.fullmatch(folder.name):
                    shutil.rmtree(folder)
            if not any(self._root.iterdir()):
                self._root.rmdir()

    def _removed(self, folder: Path) -> bool:
        try:
            lock = lock_directory(folder, wait=False)
        except FileNotFoundError:
            return True
        except OSError:  # in use
            return False
        try:
            if not folder.name.startswith(_OLD):
                folder = folder.rename(self._root / f"{_OLD}{os.urandom(8).hex()}")
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)
        return True


def written(folder: Path) -> int:
    """Have a folder on the disk; return its bytes."""
    flush(folder)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
