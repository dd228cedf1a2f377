"""Limits of containers, from files as Linux writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnlu.machine.cgroups import Limits, cgroup_limits

NONE = Limits(None, None)


def root_with(folder: Path, own: str, files: dict[str, str]) -> Path:
    """Write /proc/self/cgroup, and files under /sys/fs/cgroup."""
    for name, content in {
        "proc/self/cgroup": own,
        **{f"sys/fs/cgroup/{k}": v for k, v in files.items()},
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n", encoding="utf-8")
    return folder


V1 = "12:cpuset:/docker/ab\n4:cpu,cpuacct:/docker/ab\n3:memory:/docker/ab\n0::/docker/ab"


@pytest.mark.parametrize(
    ("own", "files", "limits"),
    [
        # version 2, as a container sees it
        ("0::/", {"cpu.max": "50000 100000", "memory.max": "268435456"}, Limits(0.5, 268435456)),
        ("0::/", {"cpu.max": "max 100000", "memory.max": "max"}, NONE),
        ("0::/", {}, NONE),
        # version 2 on a host: the slice above is tighter than the service
        (
            "0::/app.slice/nlu.service",
            {
                "app.slice/cpu.max": "150000 100000",
                "app.slice/memory.max": "1000",
                "app.slice/nlu.service/cpu.max": "400000 100000",
                "app.slice/nlu.service/memory.max": "max",
            },
            Limits(1.5, 1000),
        ),
        # version 1, its own path mounted, and only the top
        (
            V1,
            {
                "cpu/docker/ab/cpu.cfs_quota_us": "200000",
                "cpu/docker/ab/cpu.cfs_period_us": "100000",
                "memory/docker/ab/memory.limit_in_bytes": "536870912",
            },
            Limits(2.0, 536870912),
        ),
        (
            V1,
            {
                "cpu/cpu.cfs_quota_us": "25000",
                "cpu/cpu.cfs_period_us": "100000",
                "memory/memory.limit_in_bytes": "9223372036854771712",
            },
            Limits(0.25, None),
        ),
        (V1, {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, NONE),
        # version 2 beside version 1
        ("3:memory:/\n0::/", {"unified/cpu.max": "100000 100000"}, Limits(1.0, None)),
    ],
)
def test_the_tightest_limit_counts(
    tmp_path: Path, own: str, files: dict[str, str], limits: Limits
) -> None:
    assert cgroup_limits(root_with(tmp_path, own, files)) == limits


def test_a_system_without_control_groups_has_no_limits(tmp_path: Path) -> None:
    assert cgroup_limits(tmp_path) == NONE


def test_limits_of_this_machine_are_positive() -> None:
    assert all(limit is None or limit > 0 for limit in cgroup_limits())
