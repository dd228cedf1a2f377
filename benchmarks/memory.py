"""How much memory this process takes, as Linux sees it. Runs in every environment measured."""

from __future__ import annotations

from pathlib import Path


def rss_mb() -> float:
    """Return the resident memory now, in MB (10^6 bytes)."""
    return _status_mb("VmRSS")


def peak_rss_mb() -> float:
    """Return the highest resident memory so far, in MB (10^6 bytes).

    Not `ru_maxrss`: that begins with what the parent had when it started this process.
    """
    return _status_mb("VmHWM")


def reset_peak_rss() -> None:
    """Let the highest resident memory be what there is now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _status_mb(field: str) -> float:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024 / 1e6
    raise OSError(f"/proc/self/status has no {field}")
