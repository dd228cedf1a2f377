"""The CPU: its name, the features that make models fast, its cores."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import NamedTuple

CPU_INFO = Path("/proc/cpuinfo")

# As Linux calls them. Matrix products in float32, and in int8.
_X86 = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8")
_ARM = ("asimd", "asimddp", "i8mm", "sve")


class Cpu(NamedTuple):
    """What is known of the CPU.

    Attributes:
        name: of the model.
        features: which of those that matter here it has, or None where that cannot be told.
    """

    name: str
    features: dict[str, bool] | None


def cpu(path: Path = CPU_INFO) -> Cpu:
    """Return name and features of the CPU.

    Args:
        path: where Linux describes it; other systems have no such file.
    """
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return Cpu(platform.processor() or platform.machine() or "unknown", None)
    facts: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    listed = set(facts.get("flags", facts.get("Features", "")).split())
    known = _X86 if "flags" in facts else _ARM
    features = {name: name in listed for name in known} if listed else None
    return Cpu(facts.get("model name") or platform.machine() or "unknown", features)


def usable_cores() -> int:
    """Return on how many logical cores this process may run."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
