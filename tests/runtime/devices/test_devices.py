"""Devices by name, and what is said where there is no GPU."""

from __future__ import annotations

from pathlib import Path

import pytest

import onnlu
from onnlu.devices.cuda import CUDA, cuda_problem
from onnlu.devices.device import choose_device, parsed_device
from onnlu.devices.driver import nvidia_driver
from onnlu.devices.wheels import check_wheels, import_onnxruntime, installed_wheels
from onnlu.golden import verify_golden
from onnlu_engine.errors import InvalidConfigException


def gpu_problem() -> str | None:
    """Return why there is no CUDA for these tests."""
    problem = cuda_problem(import_onnxruntime(), 0)
    return problem and problem.cause


needs_gpu = pytest.mark.skipif(gpu_problem() is not None, reason=f"no CUDA: {gpu_problem()}")
needs_none = pytest.mark.skipif(gpu_problem() is None, reason="there is a GPU")


@pytest.mark.parametrize(
    ("name", "parsed"),
    [("cpu", ("cpu", 0)), ("auto", ("auto", 0)), ("cuda", ("cuda", 0)), ("cuda:12", ("cuda", 12))],
)
def test_devices_have_names(name: str, parsed: tuple[str, int]) -> None:
    assert parsed_device(name) == parsed


@pytest.mark.parametrize(
    "name", ["", "gpu", "cpu:0", "auto:1", "cuda:", "cuda:-1", "CUDA", "cuda:a"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidConfigException, match=f"There is no device '{name}'"):
        parsed_device(name)


def test_what_is_no_name_is_refused(exported_model: Path) -> None:
    with pytest.raises(InvalidConfigException, match="There is no device 'None'"):
        onnlu.load(exported_model, device=None)  # type: ignore[arg-type]


def test_the_wheel_that_is_imported_is_the_one_that_is_found() -> None:
    (version,) = installed_wheels().values()
    assert import_onnxruntime().__version__ == version


def test_two_wheels_exclude_each_other() -> None:
    with pytest.raises(onnlu.MissingPackageException, match="pip uninstall -y onnxruntime onnx"):
        check_wheels({"onnxruntime": "1.31.1", "onnxruntime-gpu": "1.26.0"})


@needs_none
def test_auto_means_the_cpu_and_says_why(exported_model: Path) -> None:
    device, reason = choose_device("auto")
    assert device == "cpu"
    assert reason == gpu_problem()
    settings = onnlu.load(exported_model).info()["settings"]
    assert (settings["device"], settings["fallback"]) == ("cpu", reason)


@needs_none
@pytest.mark.parametrize("device", ["cuda", "cuda:3"])
def test_cuda_that_cannot_be_had_is_an_error_with_cause_and_remedy(
    exported_model: Path, device: str
) -> None:
    with pytest.raises(onnlu.DeviceUnavailableException) as caught:
        onnlu.load(exported_model, device=device)
    message = str(caught.value)
    assert message.startswith(f"Device 'cuda:{parsed_device(device)[1]}' cannot be had: ")
    assert str(gpu_problem()) in message
    assert message.endswith("or use device='cpu'.")


@needs_gpu
def test_a_gpu_gives_the_golden_results(exported_model: Path) -> None:
    nlu = onnlu.load(exported_model, device="cuda", exact=True)
    assert nlu.info()["settings"]["device"] == "cuda:0"
    assert verify_golden(nlu).cases > 0


@needs_gpu
def test_a_gpu_that_is_not_there_is_refused_by_its_number(exported_model: Path) -> None:
    number = len(nvidia_driver().gpus)
    with pytest.raises(onnlu.DeviceUnavailableException, match=r"the GPUs here are cuda:0 \("):
        onnlu.load(exported_model, device=f"cuda:{number}")


def test_the_driver_shows_gpus_or_says_why_not() -> None:
    driver = nvidia_driver()
    assert bool(driver.gpus) != bool(driver.problem)
    if CUDA not in import_onnxruntime().get_available_providers():
        assert "built without CUDA" in str(gpu_problem())
