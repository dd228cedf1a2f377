"""Directories that appear as a whole or not at all.

Needs POSIX: a system without `fcntl`, such as Windows, can serve models but not write them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NEW, _OLD = ".new", ".old"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
# What renameat2 says where the system or the file system does not know it.
_NO_EXCHANGE = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM)


@contextmanager
def atomic_directory(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Yield an empty directory beside `target` that takes its place at the end.

    On an error the directory is removed and the target stays what it was. A process that is killed
    leaves the old target or the new one; what else it leaves, the next writer removes.

    Args:
        target: absent, or an empty directory; any directory if `overwrite`.
        overwrite: replace what is there.

    Raises:
        OSError: the disk is full, the target is taken, or the like.
    """
    import shutil  # only a writer needs it: it would cost every start 5 ms

    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.parent):
        _remove_leftovers(target)
        folder = _beside(target, _NEW)
        folder.mkdir()
        lock = lock_directory(folder, wait=True)
    try:
        yield folder
        flush(folder)
        with _locked(target.parent):
            leftover = _publish(folder, target, overwrite)
        _flush_directory(target.parent)
        if leftover:
            shutil.rmtree(leftover, ignore_errors=True)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        os.close(lock)


def remove_directory(target: Path) -> None:
    """Remove a directory at once for whoever looks, and what killed writers left beside it.

    Args:
        target: need not exist.

    Raises:
        OSError: it cannot be removed.
    """
    with _locked(target.parent):
        if target.exists():
            target.rename(_beside(target, _NEW))
        _remove_leftovers(target)


def _beside(target: Path, suffix: str) -> Path:
    return target.parent / f".{target.name}.onnlu-{os.urandom(6).hex()}{suffix}"


def _publish(folder: Path, target: Path, overwrite: bool) -> Path | None:
    """Put `folder` in the place of `target`; return where the old one is now, if there is one."""
    if not overwrite or not target.exists():
        folder.rename(target)
        return None
    try:
        _exchange(folder, target)
        return folder
    except OSError as error:
        if error.errno not in _NO_EXCHANGE:
            raise
    return _rename_twice(folder, target)


def _rename_twice(folder: Path, target: Path) -> Path:
    """Replace `target` where directories cannot be exchanged; `_remove_leftovers` mends a kill."""
    old = _beside(target, _OLD)
    target.rename(old)
    try:
        folder.rename(target)
    except BaseException:
        old.rename(target)
        raise
    return old


def _exchange(one: Path, other: Path) -> None:
    """Swap two directories in one step, as only Linux can."""
    import ctypes

    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if renameat2(_AT_FDCWD, bytes(one), _AT_FDCWD, bytes(other), _RENAME_EXCHANGE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(other))


def _remove_leftovers(target: Path) -> None:
    """Remove what killed writers left, and put back an old target that lost its place."""
    import shutil

    for folder in sorted(target.parent.iterdir()):
        if not folder.name.startswith(f".{target.name}.onnlu-"):
            continue
        if folder.suffix == _OLD and not target.exists():
            folder.rename(target)
        elif folder.suffix in (_NEW, _OLD):
            # Its writer holds a lock for as long as it lives, in whatever container it runs.
            with suppress(OSError):
                lock = lock_directory(folder, wait=False)
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = lock_directory(folder, wait=True)
    try:
        yield
    finally:
        os.close(lock)


def lock_directory(folder: Path, *, wait: bool, shared: bool = False) -> int:
    """Lock a directory for as long as the returned descriptor is open.

    Args:
        folder: the directory.
        wait: until it can be locked.
        shared: with others that share it too.

    Raises:
        OSError: `wait` is False, and another process has the lock or nobody can have it.
    """
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(descriptor, kind | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        # Some network file systems cannot lock a directory. Writing is safe without; but there
        # nobody can tell whether a writer lives, so what a killed one leaves stays.
        if not wait:
            os.close(descriptor)
            raise
    return descriptor


def flush(folder: Path) -> None:
    """Have every file and directory below `folder` on the disk before it is published."""
    for directory, _, files in os.walk(folder, topdown=False):
        for name in files:
            with (Path(directory) / name).open("rb") as file:
                os.fsync(file.fileno())
        _flush_directory(Path(directory))


def _flush_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
