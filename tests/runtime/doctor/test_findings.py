"""What is said of each thing, and when it is a warning or a problem."""

from __future__ import annotations

import pytest

from onnlu.devices.driver import Driver
from onnlu.devices.wheels import import_onnxruntime
from onnlu.doctor.examination import examine
from onnlu.doctor.gpu import gpu
from onnlu.doctor.hardware import cores, memory, processor
from onnlu.doctor.software import wheel
from onnlu.doctor.variables import variables
from onnlu.machine.cgroups import Limits
from onnlu.machine.cpu import Cpu

MB = 1_000_000


@pytest.mark.parametrize(
    ("quota", "verdict", "remedy"),
    [
        (None, "ok", ""),
        (4.0, "ok", ""),
        (2.5, "warning", "use 2 threads in all processes: "),
        (1.0, "warning", "use threads=1 in one process: "),
        (0.5, "warning", "use threads=1 in one process: "),
    ],
)
def test_threads_are_to_fit_the_quota(quota: float | None, verdict: str, remedy: str) -> None:
    found = cores(8, 4, quota)
    assert found.verdict == verdict
    assert found.remedy.startswith(remedy)
    assert bool(found.remedy) == bool(remedy)
    assert found.value.startswith("4 of 8 usable, quota: ")


@pytest.mark.parametrize(
    ("physical", "limit", "verdict"),
    [
        (8_000 * MB, None, "ok"),
        (8_000 * MB, 500 * MB, "ok"),
        (8_000 * MB, 64 * MB, "warning"),
        (100 * MB, None, "warning"),
        (None, None, "ok"),
    ],
)
def test_little_memory_is_a_warning(physical: int | None, limit: int | None, verdict: str) -> None:
    found = memory(physical, Limits(None, limit))
    assert found.verdict == verdict
    assert ("unknown" in found.value) == (physical is None)


def test_a_cpu_without_avx2_is_a_warning() -> None:
    assert processor(Cpu("Old", {"avx2": False, "avx512f": False})).verdict == "warning"
    new = processor(Cpu("New", {"avx2": True, "avx512f": False}))
    assert (new.verdict, new.value) == ("ok", "New; avx2; not: avx512f")
    assert processor(Cpu("Arm", {"asimd": True})).verdict == "ok"
    assert processor(Cpu("Other", None)).value == "Other; features: unknown"


@pytest.mark.parametrize(
    ("wheels", "verdict", "remedy"),
    [
        ({"onnxruntime": "1.31.1"}, "ok", ""),
        ({"onnxruntime-gpu": "1.24.0"}, "ok", ""),
        ({"onnxruntime-gpu": "1.9.0"}, "warning", "pip install -U 'onnlu[gpu]'"),
        ({}, "problem", "pip install 'onnlu[cpu]'"),
        ({"onnxruntime": "1.31.1", "onnxruntime-gpu": "1.26.0"}, "problem", "pip uninstall -y "),
    ],
)
def test_one_recent_wheel_is_asked_for(wheels: dict[str, str], verdict: str, remedy: str) -> None:
    found = wheel(wheels)
    assert found.verdict == verdict
    assert found.remedy.startswith(remedy)
    assert bool(found.remedy) == bool(remedy)


def test_a_gpu_that_this_wheel_cannot_use_is_a_warning() -> None:
    runtime = import_onnxruntime()
    if "CUDAExecutionProvider" in runtime.get_available_providers():
        pytest.skip("this ONNX Runtime is built with CUDA")
    seen = gpu(runtime, Driver(("An accelerator",), "12.8"))
    assert seen.verdict == "warning"
    assert "cuda:0 An accelerator" in seen.value
    assert "pip install 'onnlu[gpu]'" in seen.remedy
    assert gpu(runtime, Driver(problem="no NVIDIA driver is installed")).verdict == "ok"


def test_variables_are_told_where_they_are_set() -> None:
    assert list(variables({"PATH": "/bin"})) == []
    threads, hidden = variables({"OMP_NUM_THREADS": "4", "CUDA_VISIBLE_DEVICES": ""})
    assert (threads.name, threads.verdict) == ("OMP_NUM_THREADS", "ok")
    assert (hidden.verdict, hidden.remedy) == ("warning", "unset CUDA_VISIBLE_DEVICES")
    (first,) = variables({"CUDA_VISIBLE_DEVICES": "1,2"})
    assert first.verdict == "ok"


def test_here_every_finding_but_an_ok_has_a_remedy_of_one_line() -> None:
    findings = examine()
    assert {"python", "onnlu", "numpy", "onnxruntime", "providers", "gpu", "cpu"} <= {
        finding.name for finding in findings
    }
    for finding in findings:
        assert bool(finding.remedy) == (finding.verdict != "ok")
        assert "\n" not in finding.remedy
