"""Where and on what a benchmark ran."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Return processor, cores, memory (GB), system, and the load that was there already."""
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "ram_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def commit(checkout: Path) -> tuple[str, bool]:
    """Return the commit that is checked out, and whether tracked files differ from it."""
    short = _git(checkout, "rev-parse", "--short", "HEAD")
    changes = _git(checkout, "status", "--porcelain", "--untracked-files=no")
    return short or "unknown", bool(changes)


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _git(checkout: Path, *arguments: str) -> str:
    found = subprocess.run(
        ["git", "-C", str(checkout), *arguments], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()
