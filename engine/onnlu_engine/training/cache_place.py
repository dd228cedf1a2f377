"""The folder of a local cache, known by a tag: what else a folder may hold is never touched."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from onnlu_engine.errors import OnnluException

TAG: Final = "CACHEDIR.TAG"
# Programs that back up know the signature, https://bford.info/cachedir/, and leave the folder out.
_TAG_TEXT: Final = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# The training cache of onnlu. `trainer cache clear` removes it.\n"
)
_IGNORE: Final = ".gitignore"
_IGNORE_TEXT: Final = "*\n"
_NEW: Final = ".new-"


class CachePlace:
    """A folder that is a cache, or can become one.

    Args:
        folder: need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def is_cache(self) -> bool:
        """Whether there is a cache.

        Raises:
            OSError: nobody can tell.
        """
        return _has_text(self._folder / TAG, _TAG_TEXT)

    def check(self) -> None:
        """Check that there is a cache, or room for one.

        Raises:
            OnnluException: something else is there.
            OSError: nobody can tell.
        """
        if self._folder.exists() and not self._folder.is_dir():
            raise OnnluException(
                f"The cache {self._folder} cannot be a file. Choose another folder."
            )
        # Looked at first: another process may make the cache between the two.
        is_taken = self._folder.exists() and any(map(_is_foreign, self._folder.iterdir()))
        if is_taken and not self.is_cache:
            raise OnnluException(
                f"{self._folder} is no cache of onnlu, and holds something else. Choose a folder "
                "for the cache alone."
            )

    def make(self) -> None:
        """Make it a cache, if it is none.

        Raises:
            OnnluException: something else is there.
            OSError: it cannot be made.
        """
        self.check()
        if self.is_cache:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, text in ((_IGNORE, _IGNORE_TEXT), (TAG, _TAG_TEXT)):
            new = self._folder / f"{_NEW}{os.urandom(8).hex()}"
            new.write_text(text, encoding="utf-8")
            new.replace(self._folder / name)

    def clear(self) -> None:
        """Remove what `make` has written.

        Raises:
            OSError: it cannot be removed.
        """
        if _has_text(self._folder / _IGNORE, _IGNORE_TEXT):
            (self._folder / _IGNORE).unlink(missing_ok=True)
        for leftover in self._folder.glob(f"{_NEW}*"):
            leftover.unlink(missing_ok=True)
        (self._folder / TAG).unlink(missing_ok=True)


def _is_foreign(path: Path) -> bool:
    """Tell whether a process that was killed in `make` cannot have left it."""
    if path.name == _IGNORE:
        return not _has_text(path, _IGNORE_TEXT)
    return not path.name.startswith(_NEW)


def _has_text(file: Path, text: str) -> bool:
    try:
        return file.read_bytes() == text.encode()
    except (FileNotFoundError, NotADirectoryError):
        return False
