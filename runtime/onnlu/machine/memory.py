"""The memory of a process: as Linux counts it, and given back."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Memory(NamedTuple):
    """Memory of one process, in bytes.

    Attributes:
        rss: resident now, shared pages included.
        peak_rss: the most that was.
        pss: resident, each shared page divided by those that share it.
        uss: resident and shared with nobody: what ends with the process.
    """

    rss: int
    peak_rss: int
    pss: int
    uss: int


def memory_of(process: int | str = "self", proc: Path = PROC) -> Memory | None:
    """Return the memory of a process, or None where the system does not tell it.

    Args:
        process: its id; "self" for this one.
        proc: where Linux tells of processes.
    """
    try:
        status = _sizes(proc / str(process) / "status")
        rollup = _sizes(proc / str(process) / "smaps_rollup")
        private = rollup["Private_Clean"] + rollup["Private_Dirty"]
        return Memory(status["VmRSS"], status["VmHWM"], rollup["Pss"], private)
    except (OSError, KeyError):
        return None


def give_back_freed() -> None:
    """Give back to the system what this process has freed, where the C library can (glibc).

    It keeps pages for later, and those of a thread that has ended for whoever comes in its place.
    """
    import ctypes

    trim = getattr(ctypes.pythonapi, "malloc_trim", None)
    if trim is not None:
        trim(0)


def _sizes(path: Path) -> dict[str, int]:
    """Return the lines "Name: 12 kB" of a file, in bytes."""
    sizes = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        match value.split():
            case [number, "kB"]:
                sizes[name] = int(number) * 1024
    return sizes
