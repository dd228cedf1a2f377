"""What a container may use: limits that Linux sets by control groups, version 1 or 2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

_NO_MEMORY_LIMIT = 2**60  # version 1 writes a number near 2^63 where there is none


class Limits(NamedTuple):
    """Limits of this process; None where there is none.

    Attributes:
        cores: CPU time a second, in cores, such as 0.5.
        memory: bytes.
    """

    cores: float | None
    memory: int | None


def cgroup_limits(root: Path = Path("/")) -> Limits:
    """Return the tightest limits of the process's groups and of those that these are in.

    Args:
        root: where `proc` and `sys` are.
    """
    cores = [*_quotas_v2(root), *_quotas_v1(root)]
    memory = [*_memory_v2(root), *_memory_v1(root)]
    return Limits(min(cores, default=None), min(memory, default=None))


def _quotas_v2(root: Path) -> Iterator[float]:
    for folder in _groups(root, ""):
        match _read(folder / "cpu.max").split():
            case [quota, period] if quota.isdigit() and period.isdigit():
                yield int(quota) / int(period)


def _quotas_v1(root: Path) -> Iterator[float]:
    for folder in _groups(root, "cpu"):
        quota = _read(folder / "cpu.cfs_quota_us")  # -1 is none
        period = _read(folder / "cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit():
            yield int(quota) / int(period)


def _memory_v2(root: Path) -> Iterator[int]:
    for folder in _groups(root, ""):
        limit = _read(folder / "memory.max")  # "max" is none
        if limit.isdigit():
            yield int(limit)


def _memory_v1(root: Path) -> Iterator[int]:
    for folder in _groups(root, "memory"):
        limit = _read(folder / "memory.limit_in_bytes")
        if limit.isdigit() and int(limit) < _NO_MEMORY_LIMIT:
            yield int(limit)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of the process's group and of those above it.

    In a container the path may be that on the host, of which only the top is mounted.

    Args:
        root: where `proc` and `sys` are.
        controller: of version 1; "" for version 2.
    """
    # Version 2 beside version 1 has a mount of its own.
    names = [controller] if controller else ["", "unified"]
    mounts = [root / "sys/fs/cgroup" / name for name in names]
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            group = PurePosixPath(path.lstrip("/"))
            for mount in mounts:
                yield from (mount / folder for folder in (group, *group.parents))


def _read(path: Path) -> str:
    """Return the content of a file, or nothing where there is none."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
