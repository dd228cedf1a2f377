"""The CPU and the memory, and what of them this process may use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator

from onnlu.doctor.finding import Finding
from onnlu.machine.cgroups import Limits, cgroup_limits
from onnlu.machine.cpu import Cpu, cpu, usable_cores

MB = 1e6

# Python, numpy and ONNX Runtime with a small model take some 65 MB.
LEAST_MEMORY = 128 * MB


def hardware() -> Iterator[Finding]:
    """Yield what there is to compute with."""
    limits = cgroup_limits()
    yield processor(cpu())
    yield cores(os.cpu_count() or 1, usable_cores(), limits.cores)
    yield memory(_physical_memory(), limits)


def processor(found: Cpu) -> Finding:
    """Return the CPU and which of the features that make models fast it has."""
    if found.features is None:
        return Finding("cpu", f"{found.name}; features: unknown")
    there = [name for name, has in found.features.items() if has]
    missing = [name for name, has in found.features.items() if not has]
    value = f"{found.name}; {', '.join(there) or 'none'}"
    if missing:
        value += f"; not: {', '.join(missing)}"
    if not found.features.get("avx2", True):
        slow = "matrix products are slow without AVX2: use a newer CPU (virtual: pass it through)"
        return Finding("cpu", value, "warning", slow)
    return Finding("cpu", value)


def cores(logical: int, usable: int, quota: float | None) -> Finding:
    """Return the cores, and how many threads fit.

    Args:
        logical: cores of the machine.
        usable: those that this process may run on.
        quota: CPU time a second that its control group has, in cores; None for no limit.
    """
    value = f"{usable} of {logical} usable, quota: {'none' if quota is None else f'{quota:g}'}"
    if quota is None or quota >= usable:
        return Finding("cores", value)
    fitting = max(1, math.floor(quota))
    together = "threads=1 in one process" if fitting == 1 else f"{fitting} threads in all processes"
    return Finding(
        "cores", value, "warning", f"use {together}: beyond the quota all of them are stopped"
    )


def memory(physical: int | None, limits: Limits) -> Finding:
    """Return the memory that this process may have.

    Args:
        physical: bytes of the machine; None where nobody tells.
        limits: of its control group.
    """
    of_machine = "unknown" if physical is None else f"{physical / MB:,.0f} MB"
    limit = "none" if limits.memory is None else f"{limits.memory / MB:,.0f} MB"
    value = f"{of_machine}, limit: {limit}"
    bounds = [bytes for bytes in (physical, limits.memory) if bytes is not None]
    if min(bounds, default=math.inf) < LEAST_MEMORY:
        return Finding(
            "memory",
            value,
            "warning",
            f"a process with a small model needs {LEAST_MEMORY / MB:.0f} MB",
        )
    return Finding("memory", value)


def _physical_memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
