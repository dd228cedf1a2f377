"""The wheel with `[gpu]`: ONNX Runtime with CUDA, on a machine with or without a GPU.

The wheel of ONNX Runtime is the real one, some 300 MB.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from onnlu.devices.driver import nvidia_driver

from .environments import Serving, pip

pytestmark = pytest.mark.slow
without_driver = pytest.mark.skipif(not nvidia_driver().problem, reason="there is a GPU")
REMEDY = "or use device='cpu'."

# Past the look at the driver: the session itself, which ONNX Runtime gives without CUDA.
SESSION = """
import sys
from pathlib import Path
import onnxruntime
from onnlu.devices.cuda import cuda_session
path = next(Path(sys.argv[1]).glob("components/*/model.onnx"))
try:
    cuda_session(onnxruntime, path, onnxruntime.SessionOptions(), 0, exact=False)
except Exception as error:
    print(type(error).__name__, error, file=sys.stderr)
"""


START = """
import sys
import onnxruntime
from onnlu.devices.cuda import cuda_start_problem
print(cuda_start_problem(onnxruntime, 0).cause, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def serving(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Serving:
    return Serving.create(tmp_path_factory.mktemp("gpu"), f"{wheel}[gpu]")


def test_the_cpu_serves_with_the_gpu_wheel(serving: Serving, exported_model: Path) -> None:
    found = json.loads(
        serving.output("onnlu", "verify", exported_model, "--device", "cpu", "--json")
    )
    assert found["device"] == "cpu"


@without_driver
def test_cuda_without_a_driver_is_6_with_cause_and_remedy(
    serving: Serving, exported_model: Path
) -> None:
    done = serving.run("onnlu", "parse", exported_model, "hello", "--device", "cuda", "--json")
    error = json.loads(done.stdout)["error"]
    assert done.returncode == error["exit_code"] == 6
    assert "no NVIDIA driver is installed (libcuda.so.1" in error["message"]
    assert error["message"].endswith(REMEDY)
    assert len(done.stderr.splitlines()) == 1


@without_driver
def test_auto_falls_back_once_and_says_why(serving: Serving, exported_model: Path) -> None:
    settings = json.loads(serving.output("onnlu", "info", exported_model, "--json"))["settings"]
    assert settings["device"] == "cpu"
    assert settings["fallback"].startswith("no NVIDIA driver is installed")


@without_driver
def test_a_session_that_fell_back_to_the_cpu_is_an_error_that_names_the_library(
    serving: Serving, exported_model: Path
) -> None:
    done = serving.run("python", "-c", SESSION, exported_model)
    *_, last = done.stderr.splitlines()
    assert last.startswith("DeviceUnavailableException Device 'cuda:0' cannot be had: ")
    assert ".so" in last
    assert "pip install 'onnxruntime-gpu[cuda,cudnn]'" in last
    assert last.endswith(REMEDY)
    assert done.stdout == ""  # what ONNX Runtime prints is no part of a command's document


@without_driver
def test_the_doctor_warns_of_the_missing_driver(serving: Serving) -> None:
    document = json.loads(serving.output("onnlu", "doctor", "--json"))
    (gpu,) = [finding for finding in document["findings"] if finding["name"] == "gpu"]
    assert (document["healthy"], gpu["verdict"]) == (True, "warning")
    assert gpu["value"].startswith("no NVIDIA driver is installed")


@without_driver
def test_cuda_that_does_not_start_is_told_without_a_model(serving: Serving) -> None:
    done = serving.run("python", "-c", START)
    *_, last = done.stderr.splitlines()
    assert last.startswith("ONNX Runtime could not start CUDA: lib")
    assert done.stdout == ""


def test_both_wheels_are_refused_and_the_remedy_mends_it(
    wheel: Path, exported_model: Path, tmp_path: Path
) -> None:
    both = Serving.create(tmp_path, f"{wheel}[cpu,gpu]")
    done = both.run("onnlu", "parse", exported_model, "hello", "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["type"]) == (1, "MissingPackageException")
    assert "pip uninstall -y onnxruntime onnxruntime-gpu" in error["message"]
    assert both.run("onnlu", "doctor").returncode == 6
    wheels = ("onnxruntime", "onnxruntime-gpu")
    pip("--python", both.path / "bin" / "python", "uninstall", "-y", *wheels)
    both.install(f"{wheel}[gpu]")
    assert both.output("onnlu", "parse", exported_model, "hello", "--device", "cpu")
    assert both.run("onnlu", "doctor").returncode == 0
