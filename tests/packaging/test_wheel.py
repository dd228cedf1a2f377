"""The wheel with `[cpu]` alone, in an environment of its own, away from the checkout."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

import onnlu

from .environments import Serving

ROOT = Path(__file__).parents[2]
PACKAGES = {"onnlu", "onnlu_engine", "onnlu_export", "onnlu_train"}
# What trains, exports or tests; none of it may reach a machine that serves.
UNWANTED = (
    "jinja2",
    "keras",
    "matplotlib",
    "onnx",
    "pip",
    "pytest",
    "rich",
    "ruamel",
    "safetensors",
    "scipy",
    "sklearn",
    "tensorflow",
    "tf2onnx",
)
TEXT = "good morning"
# numpy and ONNX Runtime with all that they need take about 140 MB.
MOST_INSTALLED_BYTES = 220_000_000


@pytest.fixture(scope="module")
def serving(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Serving:
    return Serving.create(tmp_path_factory.mktemp("serving"), f"{wheel}[cpu]")


def test_the_wheel_holds_the_four_packages_typed_with_the_licence_and_nothing_else(
    wheel: Path,
) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    parts = {Path(name).parts[0] for name in names}
    assert {part for part in parts if not part.endswith(".dist-info")} == PACKAGES
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert [name for name in names if name.endswith("dist-info/licenses/LICENSE")]
    assert not [name for name in names if "/test" in f"/{name}"]


def test_every_module_of_the_checkout_is_in_the_wheel(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")}
    folders = [path for package in PACKAGES for path in ROOT.glob(f"*/{package}")]
    modules = {
        str(module.relative_to(folder.parent))
        for folder in folders
        for module in folder.rglob("*.py")
    }
    assert packed == modules


@pytest.mark.parametrize("module", UNWANTED)
def test_what_trains_and_exports_is_not_importable_where_the_wheel_serves(
    serving: Serving, module: str
) -> None:
    done = serving.run("python", "-c", f"import {module}")
    assert f"No module named '{module}'" in done.stderr


def test_the_wheel_parses_as_the_checkout_does(serving: Serving, exported_model: Path) -> None:
    script = (
        "import json, sys, onnlu\n"
        "print(json.dumps(onnlu.load(sys.argv[1]).parse(sys.argv[2]).to_dict()))\n"
    )
    parsed = json.loads(serving.output("python", "-W", "error", "-c", script, exported_model, TEXT))
    expected = onnlu.load(exported_model).parse(TEXT).to_dict()
    assert parsed["intent"]["name"] == expected["intent"]["name"]
    assert parsed["intent"]["confidence"] == pytest.approx(
        expected["intent"]["confidence"], abs=1e-5
    )
    assert parsed["text_tokens"] == expected["text_tokens"]


def test_onnlu_comes_from_the_wheel(serving: Serving) -> None:
    where = serving.output("python", "-c", "import onnlu; print(onnlu.__file__)")
    assert Path(where.strip()).is_relative_to(serving.site_packages)


def test_the_command_parses(serving: Serving, exported_model: Path) -> None:
    document = json.loads(serving.output("onnlu", "parse", exported_model, TEXT))
    assert document["text"] == TEXT


def test_the_command_proves_the_golden_vectors(serving: Serving, exported_model: Path) -> None:
    document = json.loads(serving.output("onnlu", "verify", exported_model, "--json"))
    assert document["cases"] > 0


def test_the_command_says_what_a_model_is(serving: Serving, exported_model: Path) -> None:
    document = json.loads(serving.output("onnlu", "info", exported_model, "--json"))
    assert document["kind"] == "onnx"


@pytest.mark.parametrize(
    "command",
    [
        ("trainer", "fit", "--config", "config.yml", "--data", "data", "--out", "model"),
        ("exporter", "to-onnx", "model", "--out", "onnx"),
    ],
    ids=lambda command: command[0],
)
def test_a_command_without_its_extra_names_the_pip_line(
    serving: Serving, command: tuple[str, ...]
) -> None:
    for path in ("config.yml", "data", "model"):
        (serving.folder / path).mkdir(exist_ok=True)
    done = serving.run(*command)
    assert done.returncode == 1
    assert "pip install 'onnlu[" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_help_needs_no_extra(serving: Serving) -> None:
    for command in ("onnlu", "trainer", "exporter"):
        assert serving.output(command, "--help").startswith(f"Usage: {command}")


def test_the_installation_is_small(serving: Serving) -> None:
    files = (path for path in serving.site_packages.rglob("*") if path.is_file())
    installed = sum(path.stat().st_size for path in files)
    assert installed < MOST_INSTALLED_BYTES, f"{installed / 1e6:.0f} MB"
