"""The machine, told from files as Linux writes them."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from onnlu.machine.cpu import cpu, usable_cores
from onnlu.machine.memory import Memory, give_back_freed, memory_of
from onnlu.machine.versions import versions

X86 = """\
processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz
flags\t\t: fpu sse2 avx avx2 avx512f avx512_vnni amx_tile

processor\t: 1
model name\t: another
flags\t\t: fpu
"""
ARM = """\
processor\t: 0
BogoMIPS\t: 243.75
Features\t: fp asimd evtstrm aes asimddp
CPU implementer\t: 0x41
"""


def described(folder: Path, content: str) -> Path:
    path = folder / "cpuinfo"
    path.write_text(content, encoding="utf-8")
    return path


def test_an_x86_cpu_has_a_name_and_features(tmp_path: Path) -> None:
    name, features = cpu(described(tmp_path, X86))
    assert name == "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz"
    assert features == {
        "avx2": True,
        "avx512f": True,
        "avx512_vnni": True,
        "avx_vnni": False,
        "amx_int8": False,
    }


def test_an_arm_cpu_has_features(tmp_path: Path) -> None:
    _, features = cpu(described(tmp_path, ARM))
    assert features == {"asimd": True, "asimddp": True, "i8mm": False, "sve": False}


@pytest.mark.parametrize("content", ["", "processor: 0\n"])
def test_features_that_nobody_tells_are_unknown(tmp_path: Path, content: str) -> None:
    assert cpu(described(tmp_path, content)).features is None
    assert cpu(tmp_path / "none").features is None
    assert cpu(tmp_path / "none").name


def test_cores_are_those_that_this_process_may_use() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


def test_memory_is_read_from_what_linux_tells(tmp_path: Path) -> None:
    folder = tmp_path / "12"
    folder.mkdir()
    (folder / "status").write_text(
        "Name:\tpython\nVmHWM:\t  900 kB\nVmRSS:\t  800 kB\nThreads:\t3\n"
    )
    (folder / "smaps_rollup").write_text(
        "5581-7ffd ---p 00000000 00:00 0    [rollup]\nRss:    800 kB\nPss:    500 kB\n"
        "Private_Clean:    100 kB\nPrivate_Dirty:    200 kB\n"
    )
    assert memory_of(12, tmp_path) == Memory(800 * 1024, 900 * 1024, 500 * 1024, 300 * 1024)
    assert memory_of(13, tmp_path) is None
    (folder / "smaps_rollup").write_text("")
    assert memory_of(12, tmp_path) is None


def test_versions_name_one_onnx_runtime() -> None:
    found = versions()
    assert list(found)[:3] == ["python", "onnlu", "numpy"]
    assert found.keys() & {"onnxruntime", "onnxruntime-gpu"}


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked to")
def test_what_was_freed_is_given_back() -> None:
    blocks = [b"x" * 100_000 for _ in range(1_000)]
    last = blocks[-1]  # stands behind the others, so that their pages are kept
    used = memory_of()
    del blocks
    give_back_freed()
    left = memory_of()

    assert used is not None
    assert left is not None
    assert used.rss - left.rss > 50_000_000
    assert len(last) == 100_000
